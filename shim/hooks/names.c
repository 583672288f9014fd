/* Names of addresses, and addresses of names. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "address/translate.h"
#include "config/config.h"
#include "config/settings.h"
#include "resolver/getaddrinfo.h"

/* Whether ADDR, of LEN bytes and FAMILY, is a synthetic address. If so, PEER is what it stands for, and SHOWN
 * is a copy, as ADDR may lie in memory that the call overwrites. */
static bool synthetic(int family, const void *addr, socklen_t len, struct sockaddr_in6 *peer,
		      struct in6_addr *shown)
{
	hooks_start();
	if (len != (family == AF_INET ? sizeof(struct in_addr) : sizeof *shown) ||
	    !hooks_peer_of(family, addr, peer))
		return false;
	memcpy(shown, addr, len);
	return true;
}

int hook_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_size,
		     char *service, socklen_t service_size, int flags)
{
	struct sockaddr_in6 in6;
	bool in6_text;
	int result;

	hooks_start();
	if (!config.active || !host || !host_size || !memory_readable_address_lately(addr, len) ||
	    !translate_synthetic(addr, len, &in6))
		return real.getnameinfo(addr, len, host, host_size, service, service_size, flags);
	in6_text = config.settings.text != SETTINGS_TEXT_IPV4 &&
		   (sockaddr_family(addr) == AF_INET6 || hooks_expects_in6(host_size, flags));
	if (!in6_text && flags & NI_NUMERICHOST)
		return real.getnameinfo(addr, len, host, host_size, service, service_size, flags);
	result = real.getnameinfo((const struct sockaddr *)&in6, sizeof in6, host, host_size, service,
				  service_size, in6_text ? flags : flags | NI_NAMEREQD);
	/* The caller gets the text of the synthetic address if the IPv6 text does not fit, or if the peer has
	 * no name and the caller must not get IPv6 text. */
	if (result == EAI_OVERFLOW || (!in6_text && result == EAI_NONAME && !(flags & NI_NAMEREQD)))
		result = real.getnameinfo(addr, len, host, host_size, service, service_size, flags);
	return result;
}

/* Turns ENTRY, the answer for an IPv6 address, into one for SHOWN of FAMILY, which was asked for. The list of
 * addresses has room for it: no address is longer than an IPv6 address. */
static void as_shown(struct hostent *entry, int family, const struct in6_addr *shown)
{
	if (!entry || entry->h_addrtype != AF_INET6)
		return;
	entry->h_addrtype = family;
	entry->h_length = family == AF_INET ? sizeof(struct in_addr) : sizeof *shown;
	if (entry->h_addr_list && entry->h_addr_list[0]) {
		memcpy(entry->h_addr_list[0], shown, (size_t)entry->h_length);
		entry->h_addr_list[1] = NULL;
	}
}

struct hostent *hook_gethostbyaddr(const void *addr, socklen_t len, int family)
{
	struct sockaddr_in6 peer;
	struct in6_addr shown;
	struct hostent *entry;

	if (!synthetic(family, addr, len, &peer, &shown))
		return real.gethostbyaddr(addr, len, family);
	entry = real.gethostbyaddr(&peer.sin6_addr, sizeof peer.sin6_addr, AF_INET6);
	as_shown(entry, family, &shown);
	/* cppcheck-suppress returnDanglingLifetime ; it returns memory of the C library */
	return entry;
}

int hook_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *entry, char *buffer,
			 size_t size, struct hostent **result, int *error)
{
	struct sockaddr_in6 peer;
	struct in6_addr shown;
	int status;

	if (!synthetic(family, addr, len, &peer, &shown))
		return real.gethostbyaddr_r(addr, len, family, entry, buffer, size, result, error);
	status = real.gethostbyaddr_r(&peer.sin6_addr, sizeof peer.sin6_addr, AF_INET6, entry, buffer, size,
				      result, error);
	if (status == 0)
		as_shown(*result, family, &shown);
	return status;
}

int hook_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		     struct addrinfo **result)
{
	char text[INET_ADDRSTRLEN];

	hooks_start();
	if (!config.active)
		return real.getaddrinfo(node, service, hints, result);
	node = hooks_text_in(node, hints ? hints->ai_family : AF_UNSPEC, text);
	return resolve_getaddrinfo(node, service, hints, result);
}

struct hostent *hook_gethostbyname2(const char *name, int family)
{
	char text[INET_ADDRSTRLEN];

	hooks_start();
	if (!config.active || !name)
		return real.gethostbyname2(name, family);
	/* cppcheck-suppress returnDanglingLifetime ; it returns memory of the C library */
	return resolve_host(hooks_text_in(name, family, text), family);
}

struct hostent *hook_gethostbyname(const char *name)
{
	hooks_start();
	return config.active ? hook_gethostbyname2(name, AF_INET) : real.gethostbyname(name);
}

int hook_gethostbyname2_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
			  struct hostent **result, int *error)
{
	char text[INET_ADDRSTRLEN];

	hooks_start();
	if (!config.active || !name)
		return real.gethostbyname2_r(name, family, entry, buffer, size, result, error);
	name = hooks_text_in(name, family, text);
	return resolve_host_r(name, family, entry, buffer, size, result, error);
}

int hook_gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size,
			 struct hostent **result, int *error)
{
	hooks_start();
	return config.active ? hook_gethostbyname2_r(name, AF_INET, entry, buffer, size, result, error)
			     : real.gethostbyname_r(name, entry, buffer, size, result, error);
}
