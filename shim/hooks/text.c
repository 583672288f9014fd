/* Addresses as text, and text as addresses. An administrator wants to find in the log the IPv6 address that a
 * synthetic address stands for. But the text must fit into the program's buffers, and the program must be
 * able to read it back. So only callers whose buffer says that they expect IPv6 text get it, and every
 * function that reads an IPv4 address accepts it. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

#include "address/text.h"
#include "address/translate.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/settings.h"
#include "socket/facts.h"

/* Set once the program has got the text of a V4MAPPED synthetic address. From then on, reading that text as
 * an IPv6 address yields the V4MAPPED one. */
static _Atomic bool keeps_mapped;

/* The text of an IPv4 address has at most 15 bytes, and an IPv4-only program may copy it into 16, even from a
 * larger buffer. So the exact SIZE counts, not the room: INET6_ADDRSTRLEN, with an interface or without, or
 * with the final 0 counted twice (dovecot 2.4). */
static bool is_in6_size(socklen_t size)
{
	if (size >= INET6_ADDRSTRLEN + IF_NAMESIZE)
		size -= IF_NAMESIZE;
	return size == INET6_ADDRSTRLEN || size == INET6_ADDRSTRLEN + 1;
}

bool hooks_expects_in6(socklen_t size, int flags)
{
	if (config.settings.text != SETTINGS_TEXT_AUTO)
		return config.settings.text == SETTINGS_TEXT_IPV6 && size >= INET6_ADDRSTRLEN;
	/* A caller that asks for a name has to accept a long one. */
	return is_in6_size(size) || size == NI_MAXHOST || size == NI_MAXHOST - 1 ||
	       (!(flags & NI_NUMERICHOST) && size >= INET6_ADDRSTRLEN);
}

static inline bool peer_of(int family, const void *addr, struct sockaddr_in6 *peer)
{
	union sockaddr_any name = {.in6 = {.sin6_family = 0}};
	const bool mapped = family == AF_INET6;
	const size_t bytes = mapped ? sizeof name.in6.sin6_addr : sizeof name.in.sin_addr;

	if (!config.active || (family != AF_INET && !mapped) || !addr || !memory_readable_lately(addr, bytes))
		return false;
	name.any.sa_family = (sa_family_t)family;
	memcpy(mapped ? (void *)&name.in6.sin6_addr : (void *)&name.in.sin_addr, addr, bytes);
	return translate_synthetic(&name.any, mapped ? sizeof name.in6 : sizeof name.in, peer);
}

bool hooks_peer_of(int family, const void *addr, struct sockaddr_in6 *peer)
{
	return peer_of(family, addr, peer);
}

/* Whether the text of ADDR of FAMILY, in SIZE bytes, is to be that of PEER, the address behind it. */
static bool is_text_of_real(int family, const void *addr, socklen_t size, struct sockaddr_in6 *peer)
{
	hooks_start();
	if (!mark_expected() || config.settings.text == SETTINGS_TEXT_IPV4)
		return false;
	/* A caller with an IPv6 address expects IPv6 text. */
	if (family == AF_INET &&
	    !(config.settings.text == SETTINGS_TEXT_AUTO ? is_in6_size(size) : size >= INET6_ADDRSTRLEN))
		return false;
	if (!peer_of(family, addr, peer))
		return false;
	if (family == AF_INET6)
		atomic_store_explicit(&keeps_mapped, true, memory_order_relaxed);
	return true;
}

/* Appends "%" and a number to the text of a link-local address, which is another peer on another interface.
 * False if there is no room. */
static bool add_scope(char *text, socklen_t size, uint32_t scope)
{
	size_t used = strlen(text);
	char number[16] = "";

	if (scope)
		(void)log_text(number, sizeof number, "%%%u", scope);
	if (used + strlen(number) >= size)
		return false;
	stpcpy(text + used, number);
	return true;
}

/* Puts the text of PEER into TEXT; NULL if it does not fit. */
static const char *put(const struct sockaddr_in6 *peer, char *text, socklen_t size)
{
	int saved = errno;

	if (real.inet_ntop(AF_INET6, &peer->sin6_addr, text, size) &&
	    add_scope(text, size, peer->sin6_scope_id))
		return text;
	errno = saved;
	return NULL;
}

const char *hook_inet_ntop(int family, const void *addr, char *text, socklen_t size)
{
	struct sockaddr_in6 peer;

	if (is_text_of_real(family, addr, size, &peer) && put(&peer, text, size))
		return text;
	return real.inet_ntop(family, addr, text, size);
}

/* gcc calls this instead with -D_FORTIFY_SOURCE. Only glibc from 2.42 on has it. In older ones no program
 * calls it, and looking it up would slow each program's start more than all other functions. */
const char *hook___inet_ntop_chk(int family, const void *addr, char *text, socklen_t size, size_t space)
{
	hooks_check(size, space);
	return hook_inet_ntop(family, addr, text, size);
}

static bool is_active(void)
{
	hooks_start();
	return config.active;
}

/* The result of inet_pton() for TEXT, for which the real one has returned RESULT. */
static int read_again(int family, const char *text, void *to, int result)
{
	struct in6_addr mapped;
	struct in_addr in;

	if (family == AF_INET && result == 0 && text_shown(text, &in)) {
		memcpy(to, &in, sizeof in);
		return 1;
	}
	/* Of a link-local peer, it says the interface: inet_pton(3) has returned 0. */
	if (family == AF_INET6 && result >= 0 && atomic_load_explicit(&keeps_mapped, memory_order_relaxed) &&
	    text_shown(text, &in)) {
		mapped = sockaddr_mapped(in.s_addr);
		memcpy(to, &mapped, sizeof mapped);
		return 1;
	}
	return result;
}

int hook_inet_pton(int family, const char *text, void *to)
{
	bool active = is_active();
	int result = real.inet_pton(family, text, to);

	return active ? read_again(family, text, to, result) : result;
}

int hook___inet_pton_chk(int family, const char *text, void *to, size_t space)
{
	hooks_check(family == AF_INET    ? sizeof(struct in_addr)
		    : family == AF_INET6 ? sizeof(struct in6_addr)
					 : 0,
		    space);
	return hook_inet_pton(family, text, to);
}

int hook_inet_aton(const char *text, struct in_addr *to)
{
	bool active = is_active();
	int result = real.inet_aton(text, to);
	struct in_addr in;

	if (result || !active || !text_shown(text, &in))
		return result;
	if (to)
		*to = in;
	return 1;
}

in_addr_t hook_inet_addr(const char *text)
{
	bool active = is_active();
	in_addr_t result = real.inet_addr(text);
	struct in_addr in;

	return active && result == INADDR_NONE && text_shown(text, &in) ? in.s_addr : result;
}

const char *hooks_text_in(const char *node, int family, char text[INET_ADDRSTRLEN])
{
	struct in_addr in;

	if (!node || family != AF_INET || !text_shown(node, &in))
		return node;
	(void)real.inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
	return text;
}

bool hooks_known_in6(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in *shown)
{
	struct sockaddr_in6 peer;
	int saved = errno;
	bool result;

	if (!config.active || !mark_expected() || !sockaddr_is_in6(addr, len) ||
	    !translate_in6(addr, len, &peer) || !translate_known_as(&peer, shown))
		return false;
	result = hooks_dual(fd) || socket_option(fd, SO_DOMAIN) == AF_INET;
	errno = saved;
	return result;
}
