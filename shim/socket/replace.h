/* Another socket in the place of one that the program holds. */
#ifndef DUALSTACK_REPLACE_H
#define DUALSTACK_REPLACE_H

#include <stdint.h>

#include "socket/descriptors.h"

/* Puts the socket WITH on every descriptor of this process that refers to the same socket as FD, each
 * with its FD_CLOEXEC, FD's file status flags and the receiver of its SIGIO, and puts the registrations that
 * the old socket had in this process's epoll sets on the new one. WITH itself stays open; EXCEPT, a copy of
 * the caller's own or -1, keeps the old socket, and so do copies in other processes.
 *
 * All or nothing: returns 0, or a negative errno with everything as it was; -ENOSYS where registrations
 * can't be read, -EALREADY where FD's socket is not (or no more) the one of COOKIE (clone.h), -ENOSPC where
 * there are too many descriptors or registrations to go back.
 * Async-signal-safe; errno is undefined afterwards. */
int replace_socket(int fd, uint64_t cookie, int with, int except);

/* Registrations in epoll sets that are known, so that a set need not be read for them. */
enum { REPLACE_KNOWN = 4 };
struct replace_known {
	int count;
	struct descriptors_registration registrations[REPLACE_KNOWN];
};

/* The same with what the program has registered FD's socket for in KNOWN; afterwards KNOWN is what was found.
 */
int replace_registered(int fd, uint64_t cookie, int with, int except, struct replace_known *known);

#endif
