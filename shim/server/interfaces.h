/* Servers that bind each address of the host. A rule that makes several addresses dual applies to the first
 * of them that the process binds to a port. That socket moves to [::]. The others stay beside it, and the
 * kernel prefers them for their own addresses. If the program does not let the sockets share the port, the
 * library does, by SO_REUSEPORT, but never with another process.
 *
 * All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */
#ifndef DUALSTACK_INTERFACES_H
#define DUALSTACK_INTERFACES_H

#include <netinet/in.h>
#include <stdbool.h>

/* Whether IN, a specific address to which FD is about to be bound, is the first of its port: no socket of the
 * process stands there for another address or is bound to 0.0.0.0. */
bool interfaces_is_first(int fd, const struct sockaddr_in *in);

/* FD was to be bound to IN, and has been widened instead. Its IPv4 datagrams still leave from IN. */
void interfaces_note(int fd, const struct sockaddr_in *in);

/* The kernel has refused FD IN's port. IN's address is the one that FD was to be bound to, or 0.0.0.0 if FD
 * is bound. Returns whether to try again: FD is the FIRST, or there is a first socket, none of this process's
 * other sockets would have been in the way without the library, and they share the port now. */
bool interfaces_share(int fd, const struct sockaddr_in *in, bool first);

#endif
