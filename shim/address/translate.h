/* Addresses as the program sees them and as the kernel has them: the one place where a struct sockaddr
 * is taken apart. No system calls; async-signal-safe, callable from any thread, errno left alone. */
#ifndef DUALSTACK_TRANSLATE_H
#define DUALSTACK_TRANSLATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/sockaddr.h"
#include "socket/mark.h"

/* The address ADDR as an IPv6 one: as it is, as the IPv6 address that a synthetic one stands for, or
 * V4MAPPED. False for what is neither IPv4 nor IPv6. */
bool translate_in6(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *in6);

/* From now on translate_give() gives IPv6 addresses as they are to callers with room for them. */
void translate_give_real(void);

/* What an IPv4-only program is shown for REAL on a socket of that kind: a V4MAPPED address as the IPv4
 * address in it (RFC 4291 2.5.5.2), :: as 0.0.0.0, any other as its synthetic address (synthetic.h); but ::1
 * on a stream as 127.0.0.1. Not for datagrams: an answer to 127.0.0.1 has to go there. An IPv4 address of the
 * pool is a peer's like others (synthetic.h). */
struct sockaddr_in translate_shown(const struct sockaddr_in6 *real, enum mark kind);

/* Whether REAL is an IPv4 address that is shown as it is. */
bool translate_is_plain(const struct sockaddr_in6 *real);

/* Whether REAL has a synthetic address by now. */
bool translate_known(const struct sockaddr_in6 *real);

/* The way back, for a dual-stack socket: a synthetic address as the IPv6 address it stands for, any
 * other as V4MAPPED. */
struct sockaddr_in6 translate_real(const struct sockaddr_in *shown);

/* Whether ADDR stands for another one; then that is put into REAL, with the port. */
bool translate_synthetic(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real);

/* Whether ADDR stood for an IPv6 address that has been forgotten since: nothing may be sent to it. */
bool translate_forgotten(const struct sockaddr *addr, socklen_t len);

/* Whether bind() of ADDR is one to make dual-stack: the wildcard, or a synthetic address. Then REAL is
 * what to bind, in IPv6. Linux takes 0.0.0.0 with AF_UNSPEC as well (ip(7), "Notes"). */
bool translate_bind(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real);

/* Whether ADDR is of a family that an AF_INET socket refuses with EAFNOSUPPORT, and that the program was not
 * shown. */
bool translate_foreign(const struct sockaddr *addr, socklen_t len);

/* Whether ADDR is of no family and too short for an AF_INET socket, which takes the family for its own. */
bool translate_short(const struct sockaddr *addr, socklen_t len);

/* Whether ADDR is in use at the same time as 0.0.0.0 with the same port without IPv4's knowing: an
 * IPv6 address that is neither V4MAPPED nor, unless V6ONLY, the wildcard. */
bool translate_beside_wildcard(const struct sockaddr_in6 *addr, bool v6only);

/* How many bytes of FROM, of length LEN, a caller with ROOM for them is handed by translate_give(). */
socklen_t translate_size(const union sockaddr_any *from, socklen_t len, enum mark kind, socklen_t room);

/* Hands FROM, of length LEN, to a caller who has ROOM bytes at TO, as the kernel does: the copy is cut,
 * the length stored is the full one (accept(2)). ROOM was checked not to be negative. Where KIND is not
 * MARK_NONE, FROM is an IPv6 address, and what is handed on is what it is shown as, unless
 * translate_give_real() was called. */
void translate_give(const union sockaddr_any *from, socklen_t len, enum mark kind, struct sockaddr *to,
		    socklen_t *room);

#endif
