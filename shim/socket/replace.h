/* Replacing a socket that the program holds by another one. */
#ifndef DUALSTACK_REPLACE_H
#define DUALSTACK_REPLACE_H

#include <stdint.h>

#include "socket/descriptors.h"

/* Puts the socket WITH on every descriptor of this process that refers to the same socket as FD. Each keeps
 * its FD_CLOEXEC; WITH gets FD's file status flags, the receiver of its SIGIO, and its registrations in this
 * process's epoll sets. WITH itself stays open. EXCEPT, a copy of the caller's own or -1, keeps the old
 * socket, and so do copies in other processes.
 *
 * Returns 0, or a negative errno with everything as it was: -ENOSYS if registrations can't be read, -EALREADY
 * if FD's socket is not, or no longer, that of COOKIE (facts.h), -ENOSPC if there are too many descriptors or
 * registrations to undo the change. Async-signal-safe; errno is undefined afterwards. */
int replace_socket(int fd, uint64_t cookie, int with, int except);

/* Registrations in epoll sets that are known, so that the sets need not be read. */
enum { REPLACE_KNOWN = 4 };
struct replace_known {
	int count;
	struct descriptors_registration registrations[REPLACE_KNOWN];
};

/* The same, if KNOWN has the registrations of FD's socket. Afterwards KNOWN has those that were found. */
int replace_registered(int fd, uint64_t cookie, int with, int except, struct replace_known *known);

#endif
