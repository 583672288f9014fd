/* What keeps from a datagram socket, once it is dual-stack, what the program would not have received without
 * the library: spoofed datagrams, and those to IPv6 groups that others have joined. */
#ifndef DUALSTACK_SHIELD_H
#define DUALSTACK_SHIELD_H

#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Before the AF_INET6 socket FD of PROTOCOL is bound, as datagrams come in from then on. Does nothing for
 * streams. Returns 0 or a negative errno. */
int shield_attach(int fd, int protocol);
/* The same for a socket that is bound already: what it has received is looked through (receive_queue.h). */
int shield_attach_late(int fd, int protocol);

void shield_detach(int fd, int protocol);

/* Whether somebody has attached a filter to FD; yes if that can't be read. The shield would replace it. */
bool shield_is_taken(int fd);

#endif
