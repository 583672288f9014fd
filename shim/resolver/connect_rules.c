#include "resolver/connect_rules.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/sockaddr.h"
#include "config/rules.h"
#include "resolver/known_names.h"
#include "socket/facts.h"

enum rules_action connect_rules_action(int fd, const struct sockaddr_in6 *to, const char *name)
{
	struct rules_facts facts = {.call = RULES_CONNECT, .address = &to->sin6_addr, .name = name};

	if (!rules_any(RULES_CONNECT))
		return RULES_DEFAULT;
	facts.protocol = socket_transport(fd);
	facts.port = ntohs(to->sin6_port);
	return facts.protocol ? rules_ask(&facts) : RULES_DEFAULT;
}

bool connect_rules_allows(enum rules_action action, const struct in6_addr *addr)
{
	bool in = IN6_IS_ADDR_V4MAPPED(addr);

	return action == RULES_IPV4 ? in : action != RULES_IPV6 || !in;
}

bool connect_rules_send(int fd, const struct sockaddr *addr, socklen_t len, int flags,
			const struct in6_addr *by)
{
	struct rules_facts facts = {.call = RULES_CONNECT};
	struct names_address named;
	struct names_list list;
	struct sockaddr_in6 to;

	if (!rules_any(RULES_CONNECT) || !translate_in6(addr, len, &to))
		return true;
	facts.protocol = socket_transport(fd);
	if (!facts.protocol || (facts.protocol == IPPROTO_TCP && !(flags & MSG_FASTOPEN)))
		return true;
	facts.only_named = facts.protocol == IPPROTO_UDP;
	facts.address = &to.sin6_addr;
	facts.port = ntohs(to.sin6_port);
	named = names_address(&to);
	facts.name = names_find(&named, &list) ? list.name : NULL;
	if (connect_rules_allows(rules_ask(&facts), by ? by : &to.sin6_addr))
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
	struct sockaddr_in in;
	char text[SOCKADDR_TEXT];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	(void)sockaddr_text((const struct sockaddr *)to, text);
	if (IN6_IS_ADDR_V4MAPPED(&to->sin6_addr)) {
		in = sockaddr_unmapped(to);
		(void)sockaddr_text((const struct sockaddr *)&in, text);
	}
	log_line(LOG_LEVEL_INFO, "descriptor %d: a rule leaves out %s", fd, text);
}
