/* How many connections a server has, by family. */
#ifndef DUALSTACK_CONNECTIONS_H
#define DUALSTACK_CONNECTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connections {
	struct in6_addr address; /* where the server listens; an IPv4 address V4MAPPED, :: for any */
	int port;                /* host byte order */
	bool in4, in6;           /* which families it serves */
	unsigned ipv4, ipv6;     /* what is counted */
};

/* Counts, for each of COUNT LISTS, the TCP connections in the network namespace of PID that have its local
 * address and port, from /proc/PID/net/tcp and tcp6 (proc_pid_net(5)). Both files count, as the library makes
 * accepted connections from IPv4 peers AF_INET sockets again. V4MAPPED peers are IPv4. A connection counts if
 * a process holds it or has yet to accept it, not while it is being opened or while only the kernel is
 * closing it. Which process holds it does not matter: a connection with a listener's port comes from that
 * listener, even if it was handed to another service. */
void connections_count(pid_t pid, struct connections *lists, size_t count);

#endif
