/* Asks the kernel for the sockets with which other processes serve: pidfd_getfd(2), Linux 5.6. */
#ifndef DUALSTACK_SOCKETS_H
#define DUALSTACK_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address/translate.h"
#include "tool/status/connections.h"

struct sockets_one {
	uint64_t cookie;      /* SO_COOKIE, by which a socket is known in several processes */
	size_t process, last; /* the caller's numbers for the first and the last process that has it */
	unsigned others;      /* how many processes have it beside the first */
	int protocol;         /* IPPROTO_TCP, IPPROTO_UDP, 262 for MPTCP */
	bool widened;         /* by the library, as its mark shows */
	union sockaddr_any bound;
	ino_t netns;               /* the network namespace of the first process */
	struct connections served; /* address, port and families; no connections counted */
};

struct sockets {
	struct sockets_one *list; /* keep.h */
	size_t count;
};

/* Adds the listening TCP and MPTCP sockets of PID, and its UDP sockets that have a port and no peer. PROCESS
 * is the caller's number for it. real_load() and mark_expect() were called. Returns 0; -EPERM if the caller
 * may not look (ptrace(2), "Ptrace access mode checking"), -ESRCH if the process is gone, -ENOSYS if the
 * kernel has no such call. Each socket is shared with the process while its options are read, and not
 * changed. But if cgroup v1's net_cls or net_prio is in use, the kernel counts the socket as one of the
 * caller's group from then on (__receive_sock()). */
int sockets_of(pid_t pid, size_t process, struct sockets *found);

/* Counts the connections of all sockets in FOUND. PIDS are the processes, by the caller's numbers. */
void sockets_count(const pid_t *pids, struct sockets *found);

#endif
