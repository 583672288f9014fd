/* The filter against IPv6 datagrams from a V4MAPPED source, which the program would take for datagrams of an
 * IPv4 host. Linux drops such TCP segments since 5.4, and such UDP datagrams in 5.4 to 5.10 only ("ipv6:
 * weaken the v4mapped source check"). */
#ifndef DUALSTACK_SPOOF_FILTER_H
#define DUALSTACK_SPOOF_FILTER_H

/* Keeps datagrams that came over IPv6 from a V4MAPPED source, or from ::, out of the AF_INET6 datagram socket
 * FD. Neither source can be answered (RFC 4291, 2.5.2; draft-itojun-v6ops-v4mapped-harmful). Returns 0 or a
 * negative errno. Async-signal-safe, callable from any thread; errno is undefined afterwards. */
int spoof_filter_attach(int fd);

/* Replaces that filter by one that keeps out all IPv6 datagrams and, unless INTERFACE is 0, all that come
 * through another interface than the one of that index. Returns, and may be called, as above. */
int spoof_filter_close(int fd, int interface);

#endif
