#include "address/translate.h"

#include <errno.h>
#include <string.h>

#include "address/synthetic.h"
#include "config/config.h"

/* Puts ADDR into IN6 as it is. Returns false if it is no IPv6 address. */
static bool get_in6(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *in6)
{
	if (!sockaddr_is_in6(addr, len))
		return false;
	memset(in6, 0, sizeof *in6);
	memcpy(in6, addr, len < sizeof *in6 ? len : sizeof *in6);
	return true;
}

/* Puts the IPv4 address that is V4MAPPED in ADDR into IN. Returns false if there is none. Apart, so that
 * IPv4 addresses cost no more. */
static __attribute__((noinline)) bool get_mapped(const struct sockaddr *addr, socklen_t len,
						 struct sockaddr_in *in)
{
	struct sockaddr_in6 in6;

	if (!get_in6(addr, len, &in6) || !IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return false;
	*in = sockaddr_unmapped(&in6);
	return true;
}

/* Returns whether ADDR is of the pool, V4MAPPED or not. If so, IN is the address. */
static inline bool is_of_pool(const struct sockaddr *addr, socklen_t len, struct sockaddr_in *in)
{
	if (sockaddr_is_in(addr, len))
		memcpy(in, addr, sizeof *in);
	else if (!sockaddr_is_in6(addr, len) || !get_mapped(addr, len, in))
		return false;
	return synthetic_in_pool(in->sin_addr.s_addr);
}

bool translate_in6(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *in6)
{
	struct sockaddr_in in;

	if (!sockaddr_is_in(addr, len))
		return translate_synthetic(addr, len, in6) || get_in6(addr, len, in6);
	memcpy(&in, addr, sizeof in);
	*in6 = translate_real(&in);
	return true;
}

/* The same link-local address on another interface is another peer. No other address has a scope. */
static uint32_t scope_of(const struct sockaddr_in6 *real)
{
	return IN6_IS_ADDR_LINKLOCAL(&real->sin6_addr) ? real->sin6_scope_id : 0;
}

bool translate_known(const struct sockaddr_in6 *real)
{
	in_addr_t shown;

	return synthetic_known(&real->sin6_addr, scope_of(real), &shown);
}

bool translate_known_as(const struct sockaddr_in6 *real, struct sockaddr_in *shown)
{
	*shown = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = real->sin6_port};
	return synthetic_known(&real->sin6_addr, scope_of(real), &shown->sin_addr.s_addr) &&
	       synthetic_in_pool(shown->sin_addr.s_addr);
}

bool translate_is_plain(const struct sockaddr_in6 *real)
{
	return IN6_IS_ADDR_V4MAPPED(&real->sin6_addr) &&
	       !synthetic_in_pool(sockaddr_unmapped(real).sin_addr.s_addr);
}

struct sockaddr_in translate_shown(const struct sockaddr_in6 *real, enum mark kind)
{
	struct sockaddr_in shown = {.sin_family = AF_INET, .sin_port = real->sin6_port};
	const struct in6_addr *a = &real->sin6_addr;

	if (translate_is_plain(real))
		shown = sockaddr_unmapped(real);
	else if (IN6_IS_ADDR_UNSPECIFIED(a))
		shown.sin_addr.s_addr = htonl(INADDR_ANY);
	else if (IN6_IS_ADDR_LOOPBACK(a) && kind == MARK_STREAM && !config.settings.loopback_synthetic)
		shown.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		shown.sin_addr.s_addr = synthetic_of(a, scope_of(real));
	return shown;
}

struct sockaddr_in6 translate_real(const struct sockaddr_in *shown)
{
	struct sockaddr_in6 real = {.sin6_family = AF_INET6, .sin6_port = shown->sin_port};

	if (synthetic_real(shown->sin_addr.s_addr, &real.sin6_addr, &real.sin6_scope_id) == 0)
		return real;
	real.sin6_addr.s6_addr32[2] = htonl(0xffff);
	real.sin6_addr.s6_addr32[3] = shown->sin_addr.s_addr;
	return real;
}

bool translate_synthetic(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real)
{
	struct sockaddr_in in;

	if (!is_of_pool(addr, len, &in))
		return false;
	*real = translate_real(&in);
	return !IN6_IS_ADDR_V4MAPPED(&real->sin6_addr) ||
	       sockaddr_unmapped(real).sin_addr.s_addr != in.sin_addr.s_addr;
}

/* The result of synthetic_real() for ADDR, or 0 if ADDR is not of the pool. */
static int find_real(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in;
	struct in6_addr real;
	uint32_t scope;

	return is_of_pool(addr, len, &in) ? synthetic_real(in.sin_addr.s_addr, &real, &scope) : 0;
}

bool translate_forgotten(const struct sockaddr *addr, socklen_t len)
{
	return find_real(addr, len) == -ESTALE;
}

bool translate_nobodys(const struct sockaddr *addr, socklen_t len)
{
	return find_real(addr, len) != 0;
}

bool translate_bind(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *real)
{
	struct sockaddr_in in;

	if (!addr || len < sizeof in || len > SOCKADDR_MOST ||
	    (sockaddr_family(addr) != AF_INET && sockaddr_family(addr) != AF_UNSPEC))
		return false;
	memcpy(&in, addr, sizeof in);
	if (in.sin_addr.s_addr != htonl(INADDR_ANY))
		return translate_synthetic(addr, len, real);
	*real = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	return true;
}

bool translate_beside_wildcard(const struct sockaddr_in6 *addr, bool v6only)
{
	if (IN6_IS_ADDR_V4MAPPED(&addr->sin6_addr))
		return false;
	return v6only || !IN6_IS_ADDR_UNSPECIFIED(&addr->sin6_addr);
}

bool translate_foreign(const struct sockaddr *addr, socklen_t len)
{
	if (!addr || len < sizeof(struct sockaddr_in) || len > SOCKADDR_MOST)
		return false;
	return sockaddr_family(addr) != AF_INET && sockaddr_family(addr) != AF_UNSPEC &&
	       !(config.settings.peer == SETTINGS_PEER_REAL && sockaddr_family(addr) == AF_INET6);
}

/* Whether a caller with ROOM bytes gets REAL as it is. */
static bool is_given(const struct sockaddr_in6 *real, socklen_t room)
{
	return config.settings.peer == SETTINGS_PEER_REAL && room >= sizeof *real &&
	       !IN6_IS_ADDR_V4MAPPED(&real->sin6_addr) && !IN6_IS_ADDR_UNSPECIFIED(&real->sin6_addr);
}

socklen_t translate_size(const union sockaddr_any *from, socklen_t len, enum mark kind, socklen_t room)
{
	if (kind != MARK_NONE && !is_given(&from->in6, room))
		len = sizeof(struct sockaddr_in);
	return room < len ? room : len;
}

void translate_give(const union sockaddr_any *from, socklen_t len, enum mark kind, struct sockaddr *to,
		    socklen_t *room)
{
	struct sockaddr_in shown;
	const void *given = from;

	if (kind != MARK_NONE && !is_given(&from->in6, *room)) {
		shown = translate_shown(&from->in6, kind);
		given = &shown;
		len = sizeof shown;
	}
	memcpy(to, given, *room < len ? *room : len);
	*room = len;
}
