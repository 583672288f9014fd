/* The widened listeners that no other process has: only those can be replaced without taking connections from
 * others. The kernel does not tell who else has a socket, so fork() is watched. */
#ifndef DUALSTACK_LISTENERS_H
#define DUALSTACK_LISTENERS_H

#include <stdbool.h>

/* Called once, when the library is loaded. Not async-signal-safe (pthread_atfork(3)). */
void listeners_setup(void);

/* FD has just been made by this process. Async-signal-safe, callable from any thread; errno is undefined
 * afterwards. */
void listeners_note(int fd);

/* Whether FD was noted by this process, which has not forked since. No if it is not known: only the last 64
 * are, and none over exec. A child that was made by a system call of the program's own, or by vfork(), is not
 * seen. Async-signal-safe, callable from any thread; errno is undefined afterwards. */
bool listeners_are_ours(int fd);

#endif
