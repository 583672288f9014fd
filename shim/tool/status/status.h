/* --status: processes, their sockets, and how many connections these have. */
#ifndef DUALSTACK_STATUS_H
#define DUALSTACK_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address/translate.h"

struct process {
	pid_t pid;
	char name[64]; /* its comm (proc_pid_comm(5)), with "?" for what is not printable */
};

struct processes {
	struct process *list; /* by number, after the one that was asked for; without the caller (keep.h) */
	size_t count;
	bool wanted; /* the library is in the unit's environment */
};

/* Finds PID, its children, their children, and so on. Children of a process that has ended belong to init,
 * and are not found. A kernel without CONFIG_PROC_CHILDREN shows no children. Returns 0, or -ESRCH if PID is
 * no process, or a zombie. */
int processes_tree(pid_t pid, struct processes *found);

/* Finds the processes in the control group of UNIT (unit_name.h). Returns 0, -ENOENT if there is no such
 * unit, -ESRCH if it has no processes, or a result of systemctl_show(). */
int processes_unit(const char *unit, struct processes *found);

/* Returns 1 if the library is in the memory of PID, 0 if not, or a negative errno: -EACCES or -EPERM if the
 * caller may not know, -ESRCH when it is gone. */
int processes_has_library(pid_t pid);

/* Does LD_PRELOAD in the environment that PID was started with name the library? */
bool processes_asked_for_library(pid_t pid);

struct connections {
	struct in6_addr address; /* where the server listens; an IPv4 address V4MAPPED, :: for any */
	int port;                /* host byte order */
	bool in4, in6;           /* which families it serves */
	unsigned ipv4, ipv6;     /* what is counted */
};

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
	bool has_widened;  /* the process that was looked at last has a widened one, */
	bool has_ipv4_any; /* or is the first with one that listens at 0.0.0.0 alone */
};

/* Adds the listening TCP and MPTCP sockets of PID, and its UDP sockets that have a port and no peer. PROCESS
 * is the caller's number for it. real_load() and mark_expect_foreign() were called. Returns 0; -EPERM if the
 * caller may not look (ptrace(2), "Ptrace access mode checking"), -ESRCH if the process is gone, -ENOSYS if
 * the kernel has no such call. Each socket is shared with the process while its options are read, and is not
 * changed. But if cgroup v1's net_cls or net_prio is in use, the kernel counts the socket for the caller's
 * group from then on (__receive_sock()). */
int sockets_of(pid_t pid, size_t process, struct sockets *found);

/* Counts, for each in FOUND of the namespace NETNS, that of PID, the TCP connections there that have its
 * local address and port, from /proc/PID/net/tcp and tcp6 (proc_pid_net(5)). Both files count, as the library
 * makes accepted connections from IPv4 peers AF_INET sockets again. V4MAPPED peers are IPv4. A connection
 * counts if a process holds it or has yet to accept it, not while it is being opened or while only the kernel
 * is closing it. Which process holds it does not matter: a connection with a listener's port comes from that
 * listener, even if it was handed to another service. */
void connections_count(pid_t pid, ino_t netns, struct sockets *found);

/* Counts the connections of all sockets in FOUND. PIDS are the processes, by the caller's numbers. */
void sockets_count(const pid_t *pids, struct sockets *found);

#endif
