/* Where an answer leaves from: the address that its peer asked. A UDP server at 0.0.0.0 that does not ask for
 * IP_PKTINFO leaves the choice to the kernel, which has one answer for all IPv6 addresses of the host;
 * clients that have connected their socket take none from there. So the library asks for the address that
 * each IPv6 datagram came to, by IPV6_2292PKTINFO (RFC 2292, 5), as IPV6_PKTINFO is the program's; it
 * remembers the latest of each peer of each socket, and sends from it. IPv4 datagrams are left to the kernel,
 * as ever.
 *
 * What is remembered is fixed in size and without locks; what does not fit is forgotten, and sent as the
 * kernel chooses. It goes by the socket's mark (socket/mark.h) and the peer's address and port, so that no
 * socket and no peer ever gets the address of another. All functions are async-signal-safe, any thread may
 * call them, and they leave errno alone. */
#ifndef DUALSTACK_REPLY_SOURCE_H
#define DUALSTACK_REPLY_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct in6_pktinfo; /* netinet/in.h has it for those with _GNU_SOURCE */

/* How many peers are remembered, of 64 bytes each, and in how many slots one can be. */
enum { REPLY_SOURCE_MOST = 1024, REPLY_SOURCE_WAYS = 4 };

/* Makes the AF_INET6 datagram socket FD tell which address a datagram came to. Returns 0 or a negative errno:
 * then the kernel chooses, as before. */
int reply_source_ask(int fd);

/* Returns whether there may be such a socket in the process, of which recvfrom() is to be made recvmsg(): the
 * process has made one, or may have inherited one, or reply_source_expect() was called because one was passed
 * to it.
 */
bool reply_source_expected(void);
void reply_source_expect(void);

/* KERNEL was received from the socket that has MARK (mark_datagram()), with a name and our own control
 * messages: notes the address that the peer asked, if the socket told it. */
void reply_source_note(unsigned mark, const struct msghdr *kernel);

/* The socket that has MARK stands for one at LOCAL: what it sends to IPv4 addresses leaves from there. The
 * last 64 are remembered. */
void reply_source_fix(unsigned mark, struct in_addr local);

/* Whether there is such a socket. */
bool reply_source_is_fixed(void);

/* Returns whether FD is to send to TO from LOCAL. Asks the kernel which socket FD is only where the process
 * may have several. */
bool reply_source_of(int fd, const struct sockaddr_in6 *to, struct in6_pktinfo *local);

#endif
