/* The widened sockets that no other process has. Only these can be replaced without taking what comes from
 * other processes. The kernel does not tell which processes have a socket, so the library watches fork(). */
#ifndef DUALSTACK_LISTENERS_H
#define DUALSTACK_LISTENERS_H

#include <stdbool.h>

/* Called once, when the library is loaded. Not async-signal-safe (pthread_atfork(3)). The other functions
 * are, and are callable from any thread; errno is undefined afterwards. */
void listeners_setup(void);

/* FD has just been made by this process, to be put on the program's descriptor AT. */
void listeners_note(int fd, int at);

/* FD is passed to another process. The maker of FD is this process, or its parent if fork() did not make it.
 */
void listeners_hand_on(int fd);

/* A program is about to be executed, SPAWNED in a process of its own. If this process or its parent lives on
 * beside it, hands on what the program inherits; CLOEXEC_TOO: also what is close-on-exec. */
void listeners_inherit(bool spawned, bool cloexec_too);

/* Whether this process has noted FD, and nobody else has it. False if that could not be noted, or if the
 * process has called exec. A child that the program made by vfork() or clone() is seen when it calls exec. */
bool listeners_are_ours(int fd);

#endif
