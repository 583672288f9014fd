/* A clone: another socket with everything that the program has set on its own one. */
#ifndef DUALSTACK_CLONE_H
#define DUALSTACK_CLONE_H

/* All functions are async-signal-safe and callable from any thread. errno is undefined afterwards, except
 * where a function sets it. */

/* Returns a new socket of PROTOCOL, close-on-exec and O_NONBLOCK, or -1 with errno. */
int clone_new(int family, int protocol);

/* Returns a clone of FD, a socket of PROTOCOL that the program made in the family FROM. The clone is of
 * FAMILY, unbound, and O_NONBLOCK until it takes FD's place (replace.h). If it is AF_INET6 for AF_INET, its
 * IPV6_V6ONLY is off. On failure returns a negative errno, and *MISSED names the option that could not be
 * carried over, or is NULL. */
int clone_make(int fd, int from, int protocol, int family, const char **missed);

/* Reads SO_REUSEADDR and SO_REUSEPORT, by which sockets share a port, into FLAGS[0] and FLAGS[1]. Returns 0
 * or a negative errno. */
int clone_read_reuse(int fd, int *flags);

/* Sets both as FLAGS says. */
void clone_set_reuse(int fd, const int *flags);

#endif
