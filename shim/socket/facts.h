/* What the kernel says of a socket. Async-signal-safe, callable from any thread; errno is undefined
 * afterwards. */
#ifndef DUALSTACK_FACTS_H
#define DUALSTACK_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An int option, or -1 where it can't be had. A sandbox that has no getsockopt() (ENOSYS) is asked once by
 * each thread. */
int socket_int(int fd, int level, int name);

/* The same of level SOL_SOCKET. */
int socket_option(int fd, int name);

/* The protocol of FD if it is TCP, MPTCP or UDP, which are those that the shim does something to, else 0. */
int socket_protocol(int fd);

/* What the kernel calls FD's socket as long as it lives, whatever descriptors refer to it (SO_COOKIE, Linux
 * 4.12); 0 where it can't be had. */
uint64_t socket_cookie(int fd);

/* Returns 0 if A and B were made in the same network namespace, for all that the kernel says; -EXDEV if not;
 * or another negative errno. */
int socket_same_namespace(int a, int b);

/* Whether FD has its ports in common with sockets of PROTOCOL: TCP and MPTCP do. */
bool socket_same_ports(int fd, int protocol);

/* The same with TCP for MPTCP, as a rule has it; errno is left alone. */
int socket_transport(int fd);

#endif
