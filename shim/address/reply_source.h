/* The source of an answer: the address that its peer asked. If a UDP server at 0.0.0.0 does not ask for
 * IP_PKTINFO, the kernel chooses the source, the same one whichever IPv6 address of the host was asked;
 * clients with a connected socket drop such an answer. So the library asks for the destination of each IPv6
 * datagram, by IPV6_2292PKTINFO (RFC 2292, 5), as IPV6_PKTINFO is the program's. It remembers the latest one
 * for each peer of each socket, and sends from it. For IPv4 datagrams the kernel chooses, as ever.
 *
 * The table has a fixed size and no locks. If a peer is forgotten, the kernel chooses. The key is the
 * socket's mark (socket/mark.h) and the peer's address and port, so no socket and no peer ever gets the
 * source of another. All functions are async-signal-safe, any thread may call them, and they leave errno
 * alone. */
#ifndef DUALSTACK_REPLY_SOURCE_H
#define DUALSTACK_REPLY_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct in6_pktinfo; /* netinet/in.h has it for those with _GNU_SOURCE */

/* The number of peers, of 64 bytes each, and of slots in which one peer can be. */
enum { REPLY_SOURCE_MOST = 1024, REPLY_SOURCE_WAYS = 4 };

/* Makes the AF_INET6 datagram socket FD report the destination of each datagram. Returns 0, or a negative
 * errno: then the kernel chooses, as before. */
int reply_source_ask(int fd);

/* Returns whether the process may have such a socket, on which recvfrom() has to become recvmsg(): it has
 * made one, or may have inherited one, or reply_source_expect() was called because one was passed to it. */
bool reply_source_expected(void);
void reply_source_expect(void);

/* KERNEL was received from the socket with MARK (mark_datagram()), with a name and the library's control
 * messages. Notes the address that the peer asked, if the socket reported it. */
void reply_source_note(unsigned mark, const struct msghdr *kernel);

/* The socket with MARK stands for one at LOCAL: what it sends to IPv4 addresses leaves from there. The last
 * 64 such sockets are remembered. */
void reply_source_fix(unsigned mark, struct in_addr local);

/* Whether there is such a socket. */
bool reply_source_is_fixed(void);

/* Returns whether FD is to send to TO from LOCAL. Asks the kernel which socket FD is only if the process may
 * have several. */
bool reply_source_of(int fd, const struct sockaddr_in6 *to, struct in6_pktinfo *local);

#endif
