/* The process's open descriptors, for the rare calls that have to look at all of them. */
#ifndef DUALSTACK_DESCRIPTORS_H
#define DUALSTACK_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* All are async-signal-safe; errno is undefined afterwards, unless stated otherwise. */

/* Calls VISIT for each open descriptor until it returns something other than 0, and returns that, else 0. If
 * /proc is missing (a chroot) or can't be read, it tries all numbers instead, up to 65536, and up to the
 * limit on open files unless that is exhausted. VISIT may open and close descriptors. It may be called with a
 * number that is not open, and twice with the same. It must not wait on a foreign file, as fstat() of a file
 * on a network can. */
int descriptors_each(int (*visit)(int fd, void *arg), void *arg);

/* The same for the descriptors below DESCRIPTORS_LOW: in one system call and without /proc, as reading that
 * takes a tenth of the time to start a small program. */
enum { DESCRIPTORS_LOW = 256 };
int descriptors_each_low(int (*visit)(int fd, void *arg), void *arg);

/* Whether a program that is executed inherits a marked socket. CLOEXEC_TOO counts descriptors with FD_CLOEXEC
 * as well. Also for after vfork(). Leaves errno alone. */
bool descriptors_inherit_mark(bool cloexec_too);

/* One line of epoll's fdinfo (proc(5)): a registration. */
struct descriptors_registration {
	int set;    /* the epoll descriptor */
	int target; /* the number that was registered */
	struct epoll_event event;
};

/* Reads one such line into R (all but SET), and the target's inode into INODE: 0 on kernels before 4.7, which
 * don't print it. Returns whether LINE is one. */
bool descriptors_parse_registration(const char *line, struct descriptors_registration *r, uint64_t *inode);

/* Calls VISIT for each registration in the epoll set SET of a socket whose inode is INODE, until it returns
 * something other than 0, and returns that, else 0. Returns -ENOSYS if SET is an epoll set that can't be read
 * (no /proc, no descriptor left), and 0 at once if SET is no epoll set. UNREGISTERED, a descriptor that
 * surely is in no set, serves to find that out. */
int descriptors_registrations(int set, int unregistered, uint64_t inode,
			      int (*visit)(const struct descriptors_registration *r, void *arg), void *arg);

/* The same if SET is known to be an epoll set. INODE 0: for every registration. */
int descriptors_registrations_in(int set, uint64_t inode,
				 int (*visit)(const struct descriptors_registration *r, void *arg),
				 void *arg);

#endif
