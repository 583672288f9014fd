/* Socket addresses as the kernel has them. No system calls; async-signal-safe, callable from any thread,
 * errno left alone. */
#ifndef DUALSTACK_SOCKADDR_H
#define DUALSTACK_SOCKADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* A longer one is EINVAL (move_addr_to_kernel()). */
#define SOCKADDR_MOST sizeof(struct sockaddr_storage)

/* Room for sockaddr_text(): "[", an IPv6 address, "%", a number, "]:", a port. */
#define SOCKADDR_TEXT 72

/* Any address that a socket call yields: sockaddr_storage holds the longest (sockaddr_un). */
union sockaddr_any {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* The family of ADDR, which may be unaligned: the kernel takes such an address, some processors do not. */
static inline sa_family_t sockaddr_family(const struct sockaddr *addr)
{
	sa_family_t family;

	memcpy(&family, (const char *)addr + offsetof(struct sockaddr, sa_family), sizeof family);
	return family;
}

/* Whether the kernel would read ADDR, LEN as an IPv4 address: AF_INET and long enough (ip(7)), not NULL. */
static inline bool sockaddr_is_in(const struct sockaddr *addr, socklen_t len)
{
	return addr && len >= sizeof(struct sockaddr_in) && len <= SOCKADDR_MOST &&
	       sockaddr_family(addr) == AF_INET;
}

/* RFC 2133, 3.3: a sockaddr_in6 that ends before sin6_scope_id; ipv6_bind() and connect() take it. */
#define SIN6_LEN_RFC2133 24

/* The same for IPv6. */
static inline bool sockaddr_is_in6(const struct sockaddr *addr, socklen_t len)
{
	return addr && len >= SIN6_LEN_RFC2133 && len <= SOCKADDR_MOST && sockaddr_family(addr) == AF_INET6;
}

/* The IPv4 address IN, in network byte order, V4MAPPED (RFC 4291, 2.5.5.2). */
static inline struct in6_addr sockaddr_mapped(in_addr_t in)
{
	return (struct in6_addr){.s6_addr32 = {[2] = htonl(0xffff), [3] = in}};
}

/* The IPv4 address in MAPPED, a V4MAPPED one. */
static inline struct sockaddr_in sockaddr_unmapped(const struct sockaddr_in6 *mapped)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = mapped->sin6_port,
				    .sin_addr.s_addr = mapped->sin6_addr.s6_addr32[3]};
}

/* "192.0.2.1:25" or "[2001:db8::1%2]:25" (RFC 5952, 4 and 6) for the log; returns TEXT, which has
 * SOCKADDR_TEXT bytes. */
const char *sockaddr_text(const struct sockaddr *addr, char *text);

/* The same for an IPv6 address, or an IPv4 one V4MAPPED. */
const char *sockaddr_text_either(const struct sockaddr_in6 *addr, char *text);

/* inet_pton(3): the real one in the library (real_load()), their own in the launcher and the tool (main.c).
 */
extern __attribute__((visibility("hidden"))) int (*sockaddr_parse)(int family, const char *text, void *addr);

#endif
