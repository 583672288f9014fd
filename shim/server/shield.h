/* The shield keeps datagrams out of a dual-stack socket that the program would not receive without the
 * library: spoofed ones, and those to IPv6 groups that other sockets have joined. */
#ifndef DUALSTACK_SHIELD_H
#define DUALSTACK_SHIELD_H

#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Shields the AF_INET6 socket FD of PROTOCOL. To be called before bind(), as datagrams come in from then on.
 * Does nothing for streams. Returns 0 or a negative errno. */
int shield_attach(int fd, int protocol);

/* The same for a socket that is bound already. It also drops spoofed datagrams from its queue
 * (receive_queue.h). */
int shield_attach_late(int fd, int protocol);

/* Takes the shield off. */
void shield_detach(int fd, int protocol);

/* Whether FD has a filter, which the shield would replace. True if that can't be read. */
bool shield_is_taken(int fd);

#endif
