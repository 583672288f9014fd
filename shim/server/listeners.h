/* The widened sockets that no other process has: only those can be replaced without taking what comes from
 * others. The kernel does not tell who else has a socket, so fork() is watched. */
#ifndef DUALSTACK_LISTENERS_H
#define DUALSTACK_LISTENERS_H

#include <stdbool.h>

/* Called once, when the library is loaded. Not async-signal-safe (pthread_atfork(3)). The others are, and are
 * callable from any thread; errno is undefined afterwards. */
void listeners_setup(void);

/* FD has just been made by this process. */
void listeners_note(int fd);

/* FD has come from another process, which may have it still. */
void listeners_share(int fd);

/* Whether FD was noted by this process, which has not forked since. No if that could not be noted, and over
 * exec. A child that was made by a system call of the program's own, or by vfork(), is not seen. */
bool listeners_are_ours(int fd);

#endif
