#include "config/policy.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "resolver/known_names.h"
#include "socket/facts.h"

/* TCP's rules are MPTCP's. */
static int protocol_of(int fd)
{
	int saved = errno, protocol = socket_protocol(fd);

	errno = saved;
	return protocol && protocol != IPPROTO_UDP ? IPPROTO_TCP : protocol;
}

enum rules_action policy_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct rules_facts facts = {.call = RULES_BIND};
	struct sockaddr_in6 at;
	struct sockaddr_in in;

	if (!rules_any(RULES_BIND))
		return RULES_DEFAULT;
	/* Linux takes AF_UNSPEC for AF_INET here (ip(7), "Notes"). */
	if (addr && len == sizeof in && sockaddr_family(addr) == AF_UNSPEC) {
		memcpy(&in, addr, sizeof in);
		in.sin_family = AF_INET;
		addr = (const struct sockaddr *)&in;
	}
	if (!translate_in6(addr, len, &at))
		return RULES_DEFAULT;
	facts.protocol = protocol_of(fd);
	facts.address = &at.sin6_addr;
	facts.port = ntohs(at.sin6_port);
	return facts.protocol ? rules_ask(&facts) : RULES_DEFAULT;
}

bool policy_widens(enum rules_action action, const struct sockaddr *addr, socklen_t len,
		   struct sockaddr_in6 *at)
{
	struct sockaddr_in in;
	uint32_t net;

	if (translate_bind(addr, len, at))
		return action != RULES_IPV4;
	if (!sockaddr_is_in(addr, len) || (action != RULES_DUAL && action != RULES_IPV6))
		return false;
	memcpy(&in, addr, sizeof in);
	net = ntohl(in.sin_addr.s_addr) >> 24;
	/* [::] is open to others, which 127.0.0.0/8 is not; and nobody else's are multicast and broadcast. */
	if ((net == 127 && action == RULES_DUAL) || net >= 224)
		return false;
	*at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	if (net == 127)
		at->sin6_addr = in6addr_loopback;
	return true;
}

bool policy_keeps(int fd)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;
	int saved = errno;
	bool result = rules_any(RULES_BIND) && real.getsockname(fd, &name.any, &len) == 0 &&
		      sockaddr_is_in(&name.any, len) && name.in.sin_port != 0 &&
		      policy_bind(fd, &name.any, len) == RULES_IPV4;

	errno = saved;
	return result;
}

enum rules_action policy_connect(int fd, const struct sockaddr_in6 *to, const char *name)
{
	struct rules_facts facts = {.call = RULES_CONNECT, .address = &to->sin6_addr, .name = name};

	if (!rules_any(RULES_CONNECT))
		return RULES_DEFAULT;
	facts.protocol = protocol_of(fd);
	facts.port = ntohs(to->sin6_port);
	return facts.protocol ? rules_ask(&facts) : RULES_DEFAULT;
}

bool policy_allows(enum rules_action action, const struct in6_addr *addr)
{
	bool in = IN6_IS_ADDR_V4MAPPED(addr);

	return action == RULES_IPV4 ? in : action != RULES_IPV6 || !in;
}

bool policy_send(int fd, const struct sockaddr *addr, socklen_t len, int flags, const struct in6_addr *by)
{
	struct rules_facts facts = {.call = RULES_CONNECT};
	struct names_address named;
	struct names_list list;
	struct sockaddr_in6 to;

	if (!rules_any(RULES_CONNECT) || !translate_in6(addr, len, &to))
		return true;
	facts.protocol = protocol_of(fd);
	if (!facts.protocol || (facts.protocol == IPPROTO_TCP && !(flags & MSG_FASTOPEN)))
		return true;
	facts.only_named = facts.protocol == IPPROTO_UDP;
	facts.address = &to.sin6_addr;
	facts.port = ntohs(to.sin6_port);
	named = names_address(&to);
	facts.name = names_find(&named, &list) ? list.name : NULL;
	if (policy_allows(rules_ask(&facts), by ? by : &to.sin6_addr))
		return true;
	policy_log(fd, &to);
	errno = ENETUNREACH;
	return false;
}

enum rules_action policy_name(const char *name, int type, int port)
{
	const struct rules_facts facts = {.call = RULES_CONNECT,
					  .protocol = type == SOCK_STREAM  ? IPPROTO_TCP
						      : type == SOCK_DGRAM ? IPPROTO_UDP
									   : 0,
					  .port = port,
					  .name = name};

	return rules_any(RULES_CONNECT) ? rules_ask(&facts) : RULES_DEFAULT;
}

bool policy_wants_in6(enum rules_action action)
{
	return action == RULES_IPV6 || action == RULES_IPV6_FIRST;
}

void policy_log(int fd, const struct sockaddr_in6 *to)
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
