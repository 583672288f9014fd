/* Addresses as text, and text as addresses. An administrator wants to find in the log the IPv6 address that a
 * synthetic address stands for. But text must be neither longer than the program can hold nor a form that it
 * can't read back. So only those callers get it whose buffer says that they expect it, and each function that
 * reads an IPv4 address takes it again. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "address/text.h"
#include "address/translate.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/settings.h"

/* Set once the program has got the text of a synthetic address that it keeps V4MAPPED: then it gets that
 * back, too, where it reads an IPv6 address. */
static _Atomic bool keeps_mapped;

/* The text of an IPv4 address has 15 bytes, and a program that knows nothing else may copy it into 16,
 * however much room it had first. So it counts what SIZE says, not that there is room: INET6_ADDRSTRLEN, with
 * an interface or without, and where the final 0 is counted twice (dovecot 2.4). */
static bool is_in6_size(socklen_t size)
{
	if (size >= INET6_ADDRSTRLEN + IF_NAMESIZE)
		size -= IF_NAMESIZE;
	return size == INET6_ADDRSTRLEN || size == INET6_ADDRSTRLEN + 1;
}

bool hooks_expects_in6(socklen_t size, int flags)
{
	if (config.text != SETTINGS_TEXT_AUTO)
		return config.text == SETTINGS_TEXT_IPV6 && size >= INET6_ADDRSTRLEN;
	/* Who asks for a name has to take a long one. */
	return is_in6_size(size) || size == NI_MAXHOST || size == NI_MAXHOST - 1 ||
	       (!(flags & NI_NUMERICHOST) && size >= INET6_ADDRSTRLEN);
}

/* Whether ADDR of FAMILY, with SIZE bytes for its text, is to be the text of REAL. */
static bool is_text_of_real(int family, const void *addr, socklen_t size, struct sockaddr_in6 *peer)
{
	union sockaddr_any name = {.in6 = {.sin6_family = 0}};
	const bool mapped = family == AF_INET6;
	const size_t bytes = mapped ? sizeof name.in6.sin6_addr : sizeof name.in.sin_addr;

	hooks_start();
	if (!config.active || !mark_expected() || (family != AF_INET && !mapped) ||
	    config.text == SETTINGS_TEXT_IPV4 || !addr || !memory_readable_lately(addr, bytes))
		return false;
	/* A caller with an IPv6 address expects IPv6 text. */
	if (!mapped && !(config.text == SETTINGS_TEXT_AUTO ? is_in6_size(size) : size >= INET6_ADDRSTRLEN))
		return false;
	name.any.sa_family = (sa_family_t)family;
	memcpy(mapped ? (void *)&name.in6.sin6_addr : (void *)&name.in.sin_addr, addr, bytes);
	if (!text_stands_for(&name.any, mapped ? sizeof name.in6 : sizeof name.in, peer))
		return false;
	if (mapped)
		atomic_store_explicit(&keeps_mapped, true, memory_order_relaxed);
	return true;
}

/* "%" and a number behind the text of a link-local address, which is another peer on another interface.
 * False: there is no room. */
static bool add_scope(char *text, socklen_t size, uint32_t scope)
{
	size_t used = strlen(text), digits = 1;

	if (!scope)
		return true;
	for (uint32_t rest = scope; rest >= 10; rest /= 10)
		digits++;
	if (used + 1 + digits >= size)
		return false;
	text[used] = '%';
	text[used + 1 + digits] = '\0';
	for (; digits; digits--, scope /= 10)
		text[used + digits] = (char)('0' + scope % 10);
	return true;
}

/* The text of PEER, or NULL where it does not fit. */
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

/* What glibc's own do, which end the program that lies about its room. */
void __chk_fail(void) __attribute__((noreturn, weak));

static void check(size_t size, size_t space)
{
	if (size <= space)
		return;
	if (__chk_fail)
		__chk_fail();
	abort();
}

/* What gcc calls instead with -D_FORTIFY_SOURCE. glibc 2.42 has it, and so no program of an older one calls
 * it: looking it up there would cost each program's start more than all others. */
const char *hook___inet_ntop_chk(int family, const void *addr, char *text, socklen_t size, size_t space)
{
	check(size, space);
	return hook_inet_ntop(family, addr, text, size);
}

static bool is_active(void)
{
	hooks_start();
	return config.active;
}

/* What inet_pton() yields for TEXT, for which the real one has yielded RESULT. */
static int read_again(int family, const char *text, void *to, int result)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
	struct in_addr in;

	if (family == AF_INET && result == 0 && text_shown(text, &in)) {
		memcpy(to, &in, sizeof in);
		return 1;
	}
	if (family == AF_INET6 && result == 1 && atomic_load_explicit(&keeps_mapped, memory_order_relaxed) &&
	    text_shown(text, &in)) {
		memcpy(mapped.s6_addr + 12, &in, sizeof in);
		memcpy(to, &mapped, sizeof mapped);
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
	check(family == AF_INET    ? sizeof(struct in_addr)
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
	int domain, saved = errno;
	socklen_t size = sizeof domain;
	bool result;

	if (!config.active || !mark_expected() || !sockaddr_is_in6(addr, len) ||
	    !translate_in6(addr, len, &peer) || !translate_known_as(&peer, shown))
		return false;
	result = hooks_dual(fd) ||
		 (real.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET);
	errno = saved;
	return result;
}
