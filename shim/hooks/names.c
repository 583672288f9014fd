/* Names of addresses, and addresses of names. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "address/translate.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/settings.h"
#include "resolver/getaddrinfo.h"

/* Whether ADDR, of LEN bytes and FAMILY, is a synthetic address. If so, IN6 is what it stands for. */
static bool synthetic(int family, const void *addr, socklen_t len, struct in6_addr *in6)
{
	struct sockaddr_in shown = {.sin_family = AF_INET};
	struct sockaddr_in6 at;

	hooks_start();
	if (!config.active || family != AF_INET || !addr || len != sizeof shown.sin_addr ||
	    !memory_readable_lately(addr, len))
		return false;
	memcpy(&shown.sin_addr, addr, sizeof shown.sin_addr);
	if (!translate_synthetic((const struct sockaddr *)&shown, sizeof shown, &at))
		return false;
	*in6 = at.sin6_addr;
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

/* Turns ENTRY, the answer for an IPv6 address, into one for SHOWN, the IPv4 address asked for. The list of
 * addresses has room for it: an IPv6 address is four times as long. */
static void as_in(struct hostent *entry, const void *shown)
{
	if (!entry || entry->h_addrtype != AF_INET6)
		return;
	entry->h_addrtype = AF_INET;
	entry->h_length = sizeof(struct in_addr);
	if (entry->h_addr_list && entry->h_addr_list[0]) {
		memcpy(entry->h_addr_list[0], shown, sizeof(struct in_addr));
		entry->h_addr_list[1] = NULL;
	}
}

struct hostent *hook_gethostbyaddr(const void *addr, socklen_t len, int family)
{
	struct in6_addr in6;
	struct in_addr shown;
	struct hostent *entry;

	if (!synthetic(family, addr, len, &in6))
		return real.gethostbyaddr(addr, len, family);
	/* ADDR may lie in memory that the call overwrites. */
	memcpy(&shown, addr, sizeof shown);
	entry = real.gethostbyaddr(&in6, sizeof in6, AF_INET6);
	as_in(entry, &shown);
	/* cppcheck-suppress returnDanglingLifetime ; it returns memory of the C library */
	return entry;
}

int hook_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *entry, char *buffer,
			 size_t size, struct hostent **result, int *error)
{
	struct in6_addr in6;
	struct in_addr shown;
	int status;

	if (!synthetic(family, addr, len, &in6))
		return real.gethostbyaddr_r(addr, len, family, entry, buffer, size, result, error);
	memcpy(&shown, addr, sizeof shown);
	status = real.gethostbyaddr_r(&in6, sizeof in6, AF_INET6, entry, buffer, size, result, error);
	if (status == 0)
		as_in(*result, &shown);
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
	return hook_gethostbyname2(name, AF_INET);
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
	return hook_gethostbyname2_r(name, AF_INET, entry, buffer, size, result, error);
}
