#include "resolver/connect_rules.h"

#include <errno.h>
#include <stddef.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/sockaddr.h"
#include "config/rules.h"
#include "socket/facts.h"

/* The action of two that permits less: the earlier one in this order. */
static enum rules_action stricter(enum rules_action a, enum rules_action b)
{
	static const enum rules_action order[] = {RULES_IPV4, RULES_IPV6, RULES_IPV4_FIRST, RULES_IPV6_FIRST,
						  RULES_AUTO};

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return RULES_DEFAULT;
}

/* The findings about an address, name by name. */
struct finding {
	struct rules_facts facts;
	enum rules_action action;
	struct names_list *list; /* NULL: not wanted */
	unsigned names;
};

static void add_name(const struct names_list *named, void *arg)
{
	struct finding *f = arg;
	uint32_t count = 0;

	f->facts.name = named->name;
	if (f->facts.protocol)
		f->action = stricter(f->action, rules_ask(&f->facts));
	if (f->list && f->names == 0)
		*f->list = *named;
	if (f->names++ == 0 || !f->list)
		return;
	for (uint32_t i = 0; i < f->list->count; i++)
		if (names_holds(named, &f->list->addresses[i]))
			f->list->addresses[count++] = f->list->addresses[i];
	f->list->count = count;
	f->list->knows_in6 |= named->knows_in6;
}

/* Asks the rules about TO, under each of its names. */
static void find(struct finding *f, const struct sockaddr_in6 *to)
{
	const struct names_address addr = names_address(to);

	f->facts.call = RULES_CONNECT;
	f->facts.address = &to->sin6_addr;
	f->facts.port = ntohs(to->sin6_port);
	names_each(&addr, add_name, f);
	if (f->names == 0 && f->facts.protocol)
		f->action = rules_ask(&f->facts);
}

enum rules_action connect_rules_find(int fd, const struct sockaddr_in6 *to, struct names_list *list,
				     unsigned *names)
{
	struct finding f = {.list = list};

	list->count = 0;
	if (rules_any(RULES_CONNECT))
		f.facts.protocol = socket_transport(fd);
	find(&f, to);
	*names = f.names;
	return f.action;
}

bool connect_rules_allows(enum rules_action action, const struct in6_addr *addr)
{
	bool in = IN6_IS_ADDR_V4MAPPED(addr);

	return action == RULES_IPV4 ? in : action != RULES_IPV6 || !in;
}

bool connect_rules_send(int fd, const struct sockaddr *addr, socklen_t len, int flags,
			const struct in6_addr *by)
{
	struct finding f = {.list = NULL};
	struct sockaddr_in6 to;

	if (!rules_any(RULES_CONNECT) || !translate_in6(addr, len, &to))
		return true;
	f.facts.protocol = socket_transport(fd);
	if (!f.facts.protocol || (f.facts.protocol == IPPROTO_TCP && !(flags & MSG_FASTOPEN)))
		return true;
	f.facts.only_named = f.facts.protocol == IPPROTO_UDP;
	find(&f, &to);
	if (connect_rules_allows(f.action, by ? by : &to.sin6_addr))
		return true;
	connect_rules_log(fd, &to);
	errno = ENETUNREACH;
	return false;
}

enum rules_action connect_rules_name(const char *name, int type, int port)
{
	const struct rules_facts facts = {.call = RULES_CONNECT,
					  .protocol = type == SOCK_STREAM  ? IPPROTO_TCP
						      : type == SOCK_DGRAM ? IPPROTO_UDP
									   : 0,
					  .port = port,
					  .name = name};

	return rules_any(RULES_CONNECT) ? rules_ask(&facts) : RULES_DEFAULT;
}

bool connect_rules_wants_in6(enum rules_action action)
{
	return action == RULES_IPV6 || action == RULES_IPV6_FIRST;
}

void connect_rules_log(int fd, const struct sockaddr_in6 *to)
{
	char text[SOCKADDR_TEXT];

	if (log_wants(LOG_LEVEL_INFO))
		log_line(LOG_LEVEL_INFO, "descriptor %d: a rule leaves out %s", fd,
			 sockaddr_text_either(to, text));
}
