/* IPv6 datagrams that would be shown as what an IPv4 host of that address would be. Linux has dropped TCP's
 * since 5.4, but UDP's only up to 5.11 ("ipv6: weaken the v4mapped source check"). */
#ifndef DUALSTACK_SPOOF_FILTER_H
#define DUALSTACK_SPOOF_FILTER_H

/* Lets nothing into the AF_INET6 datagram socket FD that came over IPv6 from a V4MAPPED source, or from ::.
 * Neither is one to be answered (RFC 4291, 2.5.2; draft-itojun-v6ops-v4mapped-harmful). Returns 0 or a
 * negative errno, which it leaves alone otherwise; async-signal-safe. */
int spoof_filter_attach(int fd);

#endif
