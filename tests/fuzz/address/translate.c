/* Addresses with their lengths: none is read or written beyond its length, wherever it begins; one that is
 * shown leads back to its origin; one printed as text is read back. */
#include "../fuzz.h"

#include <arpa/inet.h>

#include "address/synthetic.h"
#include "address/translate.h"
#include "config/config.h"

struct config config;

static bool is_same(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Translates REAL for the program, and back. */
static void shown_and_back(const struct sockaddr_in6 *real, enum mark kind)
{
	const struct in6_addr *a = &real->sin6_addr;
	struct sockaddr_in shown = translate_shown(real, kind);
	const struct sockaddr *any = (const struct sockaddr *)&shown;
	struct sockaddr_in6 back = translate_real(&shown), again;
	uint32_t net = ntohl(shown.sin_addr.s_addr) >> 24;

	assert(shown.sin_family == AF_INET && shown.sin_port == real->sin6_port);
	assert(back.sin6_family == AF_INET6 && back.sin6_port == real->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		/* No host has such an address, but it may be a synthetic one. */
		assert(is_same(&back.sin6_addr, a) || synthetic_in_pool(shown.sin_addr.s_addr));
	} else if (IN6_IS_ADDR_UNSPECIFIED(a)) {
		assert(shown.sin_addr.s_addr == htonl(INADDR_ANY));
	} else if (IN6_IS_ADDR_LOOPBACK(a) && kind == MARK_STREAM) {
		assert(shown.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	} else {
		/* Never one that an access list might trust. */
		assert(synthetic_in_pool(shown.sin_addr.s_addr) && net >= 240);
		assert(translate_known(real) && is_same(&back.sin6_addr, a));
		assert(back.sin6_scope_id == (IN6_IS_ADDR_LINKLOCAL(a) ? real->sin6_scope_id : 0));
		assert(translate_synthetic(any, sizeof shown, &again) && is_same(&again.sin6_addr, a));
		assert(translate_bind(any, sizeof shown, &again) && is_same(&again.sin6_addr, a));
		assert(!translate_forgotten(any, sizeof shown));
		assert(!translate_synthetic(any, sizeof shown - 1, &again));
	}
	(void)translate_beside_wildcard(real, false);
}

static void text(const union sockaddr_any *from)
{
	char made[SOCKADDR_TEXT], *colon;
	struct in6_addr in6;
	struct in_addr in;

	memset(made, 0x55, sizeof made);
	assert(sockaddr_text(&from->any, made) == made && memchr(made, '\0', sizeof made));
	colon = strrchr(made, ':');
	if (from->any.sa_family == AF_INET6) {
		assert(*made == '[' && colon[-1] == ']' && atoi(colon + 1) == ntohs(from->in6.sin6_port));
		made[strcspn(made, "%]")] = '\0';
		assert(inet_pton(AF_INET6, made + 1, &in6) == 1 && is_same(&in6, &from->in6.sin6_addr));
	} else {
		*colon = '\0';
		assert(inet_pton(AF_INET, made, &in) == 1 && in.s_addr == from->in.sin_addr.s_addr);
		assert(atoi(colon + 1) == ntohs(from->in.sin_port));
	}
}

/* The questions about what the program hands in: ADDR has LEN bytes and no more. */
static void read_from(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 at;
	bool in = sockaddr_is_in(addr, len), in6 = sockaddr_is_in6(addr, len);

	assert(!in || !in6);
	assert((in || in6) == translate_in6(addr, len, &at));
	assert(!(in || in6) || at.sin6_family == AF_INET6);
	assert(!translate_synthetic(addr, len, &at) || ((in || in6) && !IN6_IS_ADDR_V4MAPPED(&at.sin6_addr)));
	assert(!translate_forgotten(addr, len) || ((in || in6) && !translate_synthetic(addr, len, &at)));
	(void)translate_bind(addr, len, &at);
}

/* Gives FROM, of length LEN, to a program with ROOM bytes. */
static void give(const union sockaddr_any *from, socklen_t len, enum mark kind, socklen_t room,
		 unsigned shift)
{
	const struct sockaddr_in shown = translate_shown(&from->in6, kind);
	void *memory, *to = exactly(room, shift, &memory);
	const void *expected = kind == MARK_NONE ? (const void *)from : &shown;
	socklen_t size = kind == MARK_NONE ? len : sizeof shown, stored = room;

	if (to)
		translate_give(from, len, kind, to, &stored);
	assert(!to || stored == size);
	assert(!to || memcmp(to, expected, room < size ? room : size) == 0);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	unsigned flags = take8(&in), len = take8(&in), room = take8(&in), shift = flags & 3;
	enum mark kind = flags & 4 ? MARK_STREAM : flags & 8 ? MARK_DATAGRAM : MARK_NONE;
	union sockaddr_any from = {.in6 = {.sin6_family = 0}};
	void *memory, *addr = exactly(len, shift, &memory);

	take(&in, &from, len < sizeof from ? len : sizeof from);
	if (addr && len)
		memcpy(addr, &from, len < sizeof from ? len : sizeof from);
	if (flags & 16)
		read_from(NULL, len);
	else if (addr)
		read_from(addr, len);
	free(memory);
	text(&from);
	if (kind != MARK_NONE) {
		from.in6.sin6_family = AF_INET6;
		shown_and_back(&from.in6, kind);
	}
	give(&from, len < sizeof from ? len : sizeof from, kind, room, shift);
	return 0;
}
