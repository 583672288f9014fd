/* A clone: another socket with everything that the program has set on one of its own. */
#ifndef DUALSTACK_CLONE_H
#define DUALSTACK_CLONE_H

#include <stdint.h>
#include <sys/socket.h>

/* All functions are async-signal-safe and callable from any thread. errno is undefined afterwards, except
 * where a function sets it. */

/* Returns a new socket of PROTOCOL, close-on-exec and O_NONBLOCK, or -1 with errno. */
int clone_new(int family, int protocol);

/* Returns a clone of FD, a socket of PROTOCOL that was of the family FROM in the program's hands: of FAMILY
 * and unbound, with O_NONBLOCK until it takes FD's place (replace.h); in AF_INET6 for AF_INET with
 * IPV6_V6ONLY off. On failure it returns a negative errno, and *MISSED names the option that could not be
 * carried over, or is NULL. */
int clone_make(int fd, int from, int protocol, int family, const char **missed);

/* Reads SO_REUSEADDR and SO_REUSEPORT, with which sockets share a port, into FLAGS[0] and FLAGS[1]. Returns 0
 * or a negative errno. */
int clone_read_reuse(int fd, int *flags);

/* Sets both as FLAGS says. */
void clone_set_reuse(int fd, const int *flags);

#endif
