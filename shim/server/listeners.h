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

/* A program inherits FD from this process, or from its child that fork() did not make. */
void listeners_hand_on(int fd);

/* Whether this process has noted FD, and nobody else has it. False if that could not be noted, or if the
 * process has called exec. A child that the program made by vfork() or clone() is seen when it calls exec. */
bool listeners_are_ours(int fd);

/* Whether this process is a child that fork() did not make: its parent has not noted that it has a child. */
bool listeners_is_unseen_child(void);

#endif
