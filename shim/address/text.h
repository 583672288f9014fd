/* The IPv6 text of peers, which programs get instead of a synthetic address, and the way back. Any thread may
 * call these functions. They are async-signal-safe and leave errno alone, unless stated otherwise. */
#ifndef DUALSTACK_TEXT_H
#define DUALSTACK_TEXT_H

#include <netinet/in.h>
#include <stdbool.h>

/* Returns whether TEXT is the IPv6 text of a peer that this process has shown to the program, or of the peer
 * of a marked socket that this process has inherited over exec or was passed (text_expect()). If so, SHOWN is
 * its synthetic address. All other IPv6 text stands for nobody. "%" and an interface, by name or number, may
 * follow a link-local address. Not async-signal-safe. */
bool text_shown(const char *text, struct in_addr *shown);

/* FD has come over a Unix socket. If it is a marked socket, the text of its peer is understood from now on:
 * programs that pass a connection name its peer as text (postscreen(8)). */
void text_expect(int fd);

#endif
