/* The source of an answer: the address that its peer asked. If a UDP server at 0.0.0.0 does not ask for
 * IP_PKTINFO, the kernel chooses the source, the same one whichever address of the host was asked; clients
 * with a connected socket drop such an answer. So the library asks for the destination of each datagram, by
 * IPV6_RECVPKTINFO (RFC 3542, 6.1), which reports IPv4's, too, as V4MAPPED (ip6_datagram_recv_common_ctl()).
 * It remembers the latest one for each peer of each socket, and sends from it. If the program asks itself, it
 * gets IPv4's IP_PKTINFO, and IPv6's IPV6_2292PKTINFO.
 *
 * An IPv4 peer that has been silent for REPLY_SOURCE_IPV4_MS gets what the kernel chooses, as natively: a
 * program that goes on sending when its route has moved to another interface sends from there.
 *
 * The table has a fixed size and no locks. If a peer is forgotten, the kernel chooses. The key is the
 * socket's mark (socket/mark.h) and the peer's address and port, so no peer ever gets the source of another.
 * A socket that the peer has not asked sends from the address that it asked last: a server may make a socket
 * for each client (DTLS, TFTP). All functions are async-signal-safe, any thread may call them, and they leave
 * errno alone. */
#ifndef DUALSTACK_REPLY_SOURCE_H
#define DUALSTACK_REPLY_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct in6_pktinfo; /* netinet/in.h has it for those with _GNU_SOURCE */

/* The number of peers, of 64 bytes each, and of slots in which one peer can be. */
enum { REPLY_SOURCE_MOST = 1024, REPLY_SOURCE_WAYS = 8 };

/* As long as the kernel remembers a UDP question (nf_conntrack_udp_timeout, netfilter's default). */
enum { REPLY_SOURCE_IPV4_MS = 30000 };

/* Makes the AF_INET6 datagram socket FD report the destination of each datagram. If that fails, the kernel
 * chooses, as before. */
void reply_source_ask(int fd);

/* The same for FD with MARK (mark_set_as_is()), at the program's first recvfrom(): that shows no control
 * messages, and recvmsg() would show one that the program has not asked for. */
void reply_source_ask_as_is(int fd, unsigned mark);

/* Returns whether the process may have such a socket, on which recvfrom() has to become recvmsg(): it has
 * made one, or may have inherited one, or reply_source_expect() was called because one was passed to it. */
bool reply_source_expected(void);
void reply_source_expect(void);

/* KERNEL was received from the socket FD with MARK (mark_datagram()), with a name and the library's control
 * messages. Notes the address that the peer asked. Returns false if the socket has not reported it. */
bool reply_source_note(int fd, unsigned mark, const struct msghdr *kernel);

/* The socket with MARK stands for one at LOCAL: what it sends to IPv4 addresses leaves from there. The last
 * 64 such sockets are remembered. */
void reply_source_fix(unsigned mark, struct in_addr local);

/* Whether there is such a socket. */
bool reply_source_is_fixed(void);

/* Whether reply_source_of() may be true for an IPv4 address. No system calls. */
bool reply_source_in4(void);

/* Returns whether FD is to send to TO from LOCAL; both may be V4MAPPED. */
bool reply_source_of(int fd, const struct sockaddr_in6 *to, struct in6_pktinfo *local);

#endif
