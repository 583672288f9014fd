#define _GNU_SOURCE
#include "address/text.h"

#include <errno.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "address/reply_source.h"
#include "address/translate.h"
#include "base/sockaddr.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"

/* The interface that the text behind "%" names, or 0. */
static uint32_t interface_of(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits && !name[digits] ? (uint32_t)strtoul(name, NULL, 10) : if_nametoindex(name);
}

static bool parse(const char *text, struct sockaddr_in6 *peer)
{
	char address[INET6_ADDRSTRLEN];
	size_t size = strcspn(text, "%");

	if (size >= sizeof address)
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	*peer = (struct sockaddr_in6){.sin6_family = AF_INET6};
	if (!sockaddr_parse(AF_INET6, address, &peer->sin6_addr))
		return false;
	if (!text[size])
		return true;
	if (IN6_IS_ADDR_LINKLOCAL(&peer->sin6_addr))
		peer->sin6_scope_id = interface_of(text + size + 1);
	return peer->sin6_scope_id != 0;
}

/* If FD is a marked socket, gives its peer the address that the program will see. */
static int note_peer(int fd, void *arg)
{
	union sockaddr_any name;
	enum mark kind = mark_test(fd);

	(void)arg;
	if (kind == MARK_DATAGRAM)
		reply_source_expect();
	if (kind != MARK_NONE && socket_peer(fd, &name) == AF_INET6)
		(void)translate_shown(&name.in6, kind);
	return 0;
}

void text_expect(int fd)
{
	int saved = errno;

	(void)note_peer(fd, NULL);
	errno = saved;
}

bool text_shown(const char *text, struct in_addr *shown)
{
	/* Sockets inherited over exec are looked for once: later ones are noticed when they come. */
	static _Atomic bool looked;
	struct sockaddr_in6 peer;
	struct sockaddr_in as;
	bool known = false;
	int saved;

	if (!mark_expected() || !strchr(text, ':'))
		return false;
	saved = errno;
	if (parse(text, &peer)) {
		known = translate_known_as(&peer, &as);
		if (!known && !atomic_exchange(&looked, true)) {
			(void)descriptors_each(note_peer, NULL);
			known = translate_known_as(&peer, &as);
		}
	}
	if (known)
		*shown = as.sin_addr;
	errno = saved;
	return known;
}
