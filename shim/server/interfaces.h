/* Servers that bind each address of the host. A rule that makes several addresses dual means the first of
 * them that the process binds to a port: that socket becomes [::], and the others stay beside it, where the
 * kernel prefers them for their own addresses. For that they share the port by SO_REUSEPORT where the program
 * does not let them, but with no other process's.
 *
 * All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */
#ifndef DUALSTACK_INTERFACES_H
#define DUALSTACK_INTERFACES_H

#include <netinet/in.h>
#include <stdbool.h>

/* Whether IN, a specific address to which FD is about to be bound, is to be the first of its port: the
 * process has none there that stands for another one, and none for 0.0.0.0. */
bool interfaces_is_first(int fd, const struct sockaddr_in *in);

/* FD has been widened in the place of IN. An IPv4 datagram from it still leaves from there. */
void interfaces_note(int fd, const struct sockaddr_in *in);

/* The kernel has refused FD the PORT (network byte order). Returns whether to try again: FD is to be
 * the FIRST or there is one, and other sockets of this process share the port now. */
bool interfaces_share(int fd, in_port_t port, bool first);

#endif
