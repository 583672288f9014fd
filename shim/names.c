#define _GNU_SOURCE
#include "names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "real.h"
#include "sys.h"
#include "view.h"

/* Whether the kernel knows a way to ADDR: connect() of a datagram socket looks it up and sends nothing. */
static bool routed(const struct sockaddr *addr, socklen_t len)
{
	int fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), saved = errno;
	bool result;

	if (fd < 0)
		return false;
	/* Not through connect(), which is a cancellation point and would leave the descriptor behind. */
	result = syscall(SYS_connect, fd, addr, len) == 0;
	sys_close(fd);
	errno = saved;
	return result;
}

static bool any_routed(const struct addrinfo *list)
{
	for (; list; list = list->ai_next)
		if (routed(list->ai_addr, list->ai_addrlen))
			return true;
	return false;
}

/* A synthetic address in the place of an IPv6 one, which is longer. */
static void as_in(struct addrinfo *list)
{
	for (; list; list = list->ai_next) {
		struct sockaddr_in6 in6;
		struct sockaddr_in shown;

		memcpy(&in6, list->ai_addr, sizeof in6);
		shown = view_shown(&in6, MARK_DATAGRAM);
		memcpy(list->ai_addr, &shown, sizeof shown);
		list->ai_family = AF_INET;
		list->ai_addrlen = sizeof shown;
	}
}

static bool no_address(int error)
{
	return error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
}

/* The name was asked for in AF_INET, with ERROR and, if that is 0, RESULT. */
static int or_in6(const char *node, const char *service, const struct addrinfo *hints, int error,
		  struct addrinfo **result)
{
	struct addrinfo in6 = *hints, *list;
	int saved = errno;

	if (error ? !no_address(error) : any_routed(*result))
		return error;
	in6.ai_family = AF_INET6;
	in6.ai_flags &= ~(AI_V4MAPPED | AI_ALL);
	if (real.getaddrinfo(node, service, &in6, &list) != 0) {
		errno = saved;
		return error;
	}
	if (error == 0 && !any_routed(list)) {
		freeaddrinfo(list);
		return 0;
	}
	if (error == 0)
		freeaddrinfo(*result);
	as_in(list);
	*result = list;
	return 0;
}

/* The same for AF_INET6; the resolver maps by itself when told to. */
static int or_mapped(const char *node, const char *service, const struct addrinfo *hints, int error,
		     struct addrinfo **result)
{
	struct addrinfo mapped = *hints, *list;
	struct in_addr literal;

	if (!no_address(error) || hints->ai_flags & AI_V4MAPPED || inet_pton(AF_INET, node, &literal) == 1)
		return error;
	mapped.ai_flags |= AI_V4MAPPED;
	if (real.getaddrinfo(node, service, &mapped, &list) != 0)
		return error;
	*result = list;
	return 0;
}

/* Numbers only, or a number for bind(): a program that knows both families finds out which one it has. */
static bool is_asking(const char *node, const struct addrinfo *hints)
{
	struct in6_addr literal;

	return hints->ai_flags & AI_NUMERICHOST ||
	       (hints->ai_flags & AI_PASSIVE && inet_pton(AF_INET6, node, &literal) == 1);
}

int names_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		      struct addrinfo **result)
{
	int error = real.getaddrinfo(node, service, hints, result);

	if (!node || !hints || is_asking(node, hints))
		return error;
	if (hints->ai_family == AF_INET)
		return or_in6(node, service, hints, error, result);
	if (hints->ai_family == AF_INET6)
		return or_mapped(node, service, hints, error, result);
	return error;
}

bool names_routed(const struct hostent *entry)
{
	for (char **addr = entry->h_addr_list; *addr; addr++) {
		union view_any to = {.in = {.sin_family = AF_INET, .sin_port = htons(9)}};

		if (entry->h_addrtype == AF_INET6)
			to.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(9)};
		memcpy(entry->h_addrtype == AF_INET6 ? (void *)&to.in6.sin6_addr : &to.in.sin_addr, *addr,
		       (size_t)entry->h_length);
		if (routed(&to.any, entry->h_addrtype == AF_INET6 ? sizeof to.in6 : sizeof to.in))
			return true;
	}
	return false;
}

bool names_ask_in6(const struct hostent *entry, int error)
{
	return entry ? !names_routed(entry) : error == HOST_NOT_FOUND || error == NO_DATA;
}

void names_as_in(struct hostent *entry)
{
	for (char **addr = entry->h_addr_list; *addr; addr++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		struct sockaddr_in shown;

		memcpy(&in6.sin6_addr, *addr, sizeof in6.sin6_addr);
		shown = view_shown(&in6, MARK_DATAGRAM);
		memcpy(*addr, &shown.sin_addr, sizeof shown.sin_addr);
	}
	entry->h_addrtype = AF_INET;
	entry->h_length = sizeof(struct in_addr);
}
