/* A twin: another socket with everything that the program has set on one of its own. And what several files
 * ask the kernel about a socket. */
#ifndef DUALSTACK_CLONE_H
#define DUALSTACK_CLONE_H

#include <stdint.h>
#include <sys/socket.h>

/* All of these are async-signal-safe and callable from any thread; errno is undefined afterwards, but where a
 * function says that it sets it. */

/* A new close-on-exec socket of PROTOCOL, or -1 with errno. */
int clone_new(int family, int protocol);

/* A twin of FD, unbound; in AF_INET6 with IPV6_V6ONLY off. Returns it, or a negative errno, with *MISSED
 * naming the option that could not be carried over, or NULL. */
int clone_make(int fd, int family, const char **missed);

/* Reads SO_REUSEADDR and SO_REUSEPORT, the options that let sockets share a port, into FLAGS[0] and FLAGS[1].
 * Returns 0 or a negative errno. And sets them. */
int clone_read_reuse(int fd, int *flags);
void clone_set_reuse(int fd, const int *flags);

#endif
