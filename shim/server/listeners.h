/* The widened sockets that no other process has. Only these can be replaced without taking what comes from
 * other processes. The kernel does not tell which processes have a socket, so the library watches fork(). */
#ifndef DUALSTACK_LISTENERS_H
#define DUALSTACK_LISTENERS_H

#include <stdbool.h>

/* Called once, when the library is loaded. Not async-signal-safe (pthread_atfork(3)). The other functions
 * are, and are callable from any thread; errno is undefined afterwards. */
void listeners_setup(void);

/* FD has just been made by this process. */
void listeners_note(int fd);

/* FD has come from another process, which may still have it. */
void listeners_share(int fd);

/* Whether this process has noted FD, and has not forked since. False if that could not be noted, or if the
 * process has called exec. A child that the program made by a raw system call, or by vfork(), is not seen. */
bool listeners_are_ours(int fd);

#endif
