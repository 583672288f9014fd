/* The kernel's facts about a socket. Async-signal-safe, callable from any thread; errno is undefined
 * afterwards. */
#ifndef DUALSTACK_FACTS_H
#define DUALSTACK_FACTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/sockaddr.h"

/* From linux/in.h and linux/in6.h, which some C libraries' headers lack. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define OPT_IPV6_MULTICAST_ALL 29
#define OPT_IP_MULTICAST_ALL 49

/* The value of an int option, or -1 if it can't be read. If a sandbox has no getsockopt() (ENOSYS), each
 * thread tries it once. */
int socket_int(int fd, int level, int name);

/* The same of level SOL_SOCKET. */
int socket_option(int fd, int name);

/* Puts FD's own address, or its peer's, into NAME. Returns the family, AF_INET or AF_INET6; 0 if there is no
 * such address. */
int socket_name(int fd, union sockaddr_any *name);
int socket_peer(int fd, union sockaddr_any *name);

/* The port of the AF_INET6 socket FD, in network byte order, if it is at [::], else 0. */
in_port_t socket_wildcard_in6(int fd);

/* Whether the stream socket FD of FAMILY, which has a port at 0.0.0.0 or ::, is bound to that: getsockname()
 * also tells the port of a connect() that has failed (__inet_put_port()). */
bool socket_is_bound(int fd, sa_family_t family);

/* Whether neither a datagram nor an error waits in FD. */
bool socket_is_idle(int fd);

/* Sets an int option. Returns 0 or a negative errno. */
int socket_set(int fd, int level, int name, int value);

/* The protocol of FD if it is TCP, MPTCP or UDP, else 0: the library leaves all others alone. */
int socket_protocol(int fd);

/* The kernel's number for FD's socket, which stays the same as long as the socket lives, whatever descriptors
 * refer to it (SO_COOKIE, Linux 4.12); 0 if it can't be read. */
uint64_t socket_cookie(int fd);

/* Returns 0 if A and B were made in the same network namespace, as far as the kernel tells; -EXDEV if not; or
 * another negative errno. */
int socket_same_namespace(int a, int b);

/* Whether FD's protocol and PROTOCOL have the same port space, as TCP and MPTCP do. */
bool socket_same_ports(int fd, int protocol);

/* As socket_protocol(), but TCP for MPTCP, as in rules; errno is left alone. */
int socket_transport(int fd);

#endif
