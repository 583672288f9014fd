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
 * address and port, as /proc/PID/net/tcp and tcp6 list them (proc_pid_net(5)): of either socket family, as
 * the library makes accepted connections from IPv4 peers AF_INET sockets again. V4MAPPED peers are IPv4.
 *
 * They are those which a process holds or has yet to accept; neither those which are only being opened, nor
 * those which the kernel alone is busy closing. That it is one of the server's own processes that holds them
 * is not asked: a connection with a listener's port comes from that listener, also where it was handed to
 * another service. */
void connections_count(pid_t pid, struct connections *lists, size_t count);

#endif
