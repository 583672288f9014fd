/* The sockets with which other processes serve, read from the kernel: pidfd_getfd(2), Linux 5.6. */
#ifndef DUALSTACK_SOCKETS_H
#define DUALSTACK_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address/translate.h"
#include "tool/status/connections.h"

struct sockets_one {
	uint64_t cookie;      /* SO_COOKIE: the same socket in several processes has one */
	size_t process, last; /* the first and the last process that has it, as numbered by the caller */
	unsigned others;      /* processes that have it beside the first */
	int protocol;         /* IPPROTO_TCP, IPPROTO_UDP, 262 for MPTCP */
	bool widened;         /* by the library: it has the mark */
	union sockaddr_any bound;
	ino_t netns;               /* the network namespace of the first process */
	struct connections served; /* address, port and families; no connections counted */
};

struct sockets {
	struct sockets_one *list; /* keep.h */
	size_t count;
};

/* Adds the listening TCP and MPTCP sockets of PID, and its UDP sockets that have a port and no peer. PROCESS
 * is the caller's number for it. real_load() and mark_expect() were called. Returns 0; -EPERM where the
 * caller may not look (ptrace(2), "Ptrace access mode checking"), -ESRCH when the process is gone, -ENOSYS
 * where the kernel has no such call.
 *
 * What is got of a process is another descriptor of the very socket, for as long as it takes to read some
 * options; nothing of it is changed. Only where cgroup v1's net_cls or net_prio is in use, the kernel takes
 * the socket for one of the caller's group from then on (__receive_sock()). */
int sockets_of(pid_t pid, size_t process, struct sockets *found);

/* Fills in the connections of all that are there, by way of the processes whose numbers are in PIDS. */
void sockets_count(const pid_t *pids, struct sockets *found);

#endif
