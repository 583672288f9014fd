/* Translates addresses between the program's view (IPv4) and the kernel's (IPv6). Only this file takes a
 * struct sockaddr apart. Addresses and ports are in network byte order, lengths in bytes. All functions
 * are async-signal-safe, any thread may call them, they make no system calls and leave errno alone. */
#ifndef DUALSTACK_TRANSLATE_H
#define DUALSTACK_TRANSLATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/sockaddr.h"
#include "socket/mark.h"

/* Synthetic addresses may be V4MAPPED: some programs keep all IPv4 addresses so, and have AF_INET6 sockets.
 */

/* Puts ADDR into IN6 as an IPv6 address: a synthetic one as the address that it stands for, any other IPv6
 * address as it is, any other IPv4 address V4MAPPED. Returns false if ADDR is neither IPv4 nor IPv6. */
bool translate_in6(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *in6);

/* Returns what an IPv4-only program is shown for REAL on a socket of KIND. A V4MAPPED address is shown as the
 * IPv4 address in it (RFC 4291, 2.5.5.2), :: as 0.0.0.0, any other address as its synthetic address
 * (synthetic.h). On a stream, ::1 is shown as 127.0.0.1, unless loopback = synthetic. On a
 * datagram socket it is synthetic, as an answer to 127.0.0.1 has to go to 127.0.0.1. A V4MAPPED address of
 * the pool is a peer like any other (synthetic.h). */
struct sockaddr_in translate_shown(const struct sockaddr_in6 *real, enum mark kind);

/* Returns whether REAL is V4MAPPED and is shown as the IPv4 address in it. */
bool translate_is_plain(const struct sockaddr_in6 *real);

/* Returns whether REAL is shown as another address already. */
bool translate_known(const struct sockaddr_in6 *real);

/* Returns whether REAL has a synthetic address already. If so, SHOWN is that, with REAL's port. */
bool translate_known_as(const struct sockaddr_in6 *real, struct sockaddr_in *shown);

/* Returns the address behind SHOWN, for a dual-stack socket: the IPv6 address that a synthetic one stands
 * for, any other address V4MAPPED. */
struct sockaddr_in6 translate_real(const struct sockaddr_in *shown);

/* Returns whether ADDR is a synthetic address that stands for another one. If so, REAL is that one, with
 * ADDR's port. */
bool translate_synthetic(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real);

/* Returns whether ADDR stood for a peer that was forgotten. Nothing may be sent to it. */
bool translate_forgotten(const struct sockaddr *addr, socklen_t len);

/* Returns whether ADDR is of the pool and no peer is shown as it here: its peer was forgotten, or it comes
 * from another process. */
bool translate_nobodys(const struct sockaddr *addr, socklen_t len);

/* Returns whether a bind() to ADDR is made dual-stack: ADDR is the wildcard, or a synthetic address. If so,
 * REAL is the IPv6 address to bind to. Linux takes 0.0.0.0 with AF_UNSPEC as well (ip(7), "Notes"). */
bool translate_bind(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real);

/* Returns whether an AF_INET socket refuses the family of ADDR with EAFNOSUPPORT. AF_INET6 is not refused
 * where programs are shown such addresses (peer = real). */
bool translate_foreign(const struct sockaddr *addr, socklen_t len);

/* Returns whether a socket at ADDR and one at 0.0.0.0 can natively have the same port: ADDR is an IPv6
 * address that is neither V4MAPPED nor, unless V6ONLY, the wildcard. */
bool translate_beside_wildcard(const struct sockaddr_in6 *addr, bool v6only);

/* Returns how many bytes of FROM, of length LEN, translate_give() writes for a caller with ROOM bytes. */
socklen_t translate_size(const union sockaddr_any *from, socklen_t len, enum mark kind, socklen_t room);

/* Hands FROM, of length LEN, to a caller with *ROOM bytes at TO, as the kernel does: the copy is cut, the
 * length stored in ROOM is the full one (accept(2)). *ROOM is not negative. If KIND is not MARK_NONE, FROM is
 * an IPv6 address, and the caller gets what it is shown as, or with peer = real FROM itself, if there is
 * room. */
void translate_give(const union sockaddr_any *from, socklen_t len, enum mark kind, struct sockaddr *to,
		    socklen_t *room);

#endif
