/* The IPv6 text of peers, which programs are given in the place of a synthetic address: what it is, and the
 * way back to the synthetic address. Any thread may call these functions; those that say nothing else are
 * async-signal-safe and leave errno alone. */
#ifndef DUALSTACK_TEXT_H
#define DUALSTACK_TEXT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Returns whether ADDR (of LEN bytes) is a synthetic address, or one V4MAPPED in an IPv6 address. If so, REAL
 * is the IPv6 address behind it, with ADDR's port. */
bool text_stands_for(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *peer);

/* Returns whether TEXT is the IPv6 text of a peer that this process has shown to the program, or of one at
 * the other end of a marked socket that the program executed this process with or passed to it
 * (text_expect()). If so, SHOWN is its synthetic address. No other IPv6 text is anybody's. "%" and an
 * interface, by name or number, may follow a link-local address. Not async-signal-safe. */
bool text_shown(const char *text, struct in_addr *shown);

/* FD has come over a Unix socket. If it is a marked socket, the text of its peer is understood from now on:
 * whoever passes a connection on tells of its peer as text (postscreen(8)). */
void text_expect(int fd);

#endif
