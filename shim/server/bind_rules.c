#include "server/bind_rules.h"

#include <errno.h>
#include <string.h>

#include "address/translate.h"
#include "base/sockaddr.h"
#include "config/config.h"
#include "config/rules.h"
#include "socket/facts.h"

enum rules_action bind_rules_action(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct rules_facts facts = {.call = RULES_BIND};
	struct sockaddr_in6 at;
	struct sockaddr_in in;

	if (!rules_any(RULES_BIND))
		return RULES_DEFAULT;
	/* Linux treats AF_UNSPEC as AF_INET here (ip(7), "Notes"). */
	if (addr && len >= sizeof in && len <= SOCKADDR_MOST && sockaddr_family(addr) == AF_UNSPEC) {
		memcpy(&in, addr, sizeof in);
		in.sin_family = AF_INET;
		addr = (const struct sockaddr *)&in;
		len = sizeof in;
	}
	if (!translate_in6(addr, len, &at))
		return RULES_DEFAULT;
	facts.protocol = socket_transport(fd);
	facts.address = &at.sin6_addr;
	facts.port = ntohs(at.sin6_port);
	return facts.protocol ? rules_ask(&facts) : RULES_DEFAULT;
}

bool bind_rules_widens(enum rules_action action, const struct sockaddr *addr, socklen_t len,
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
	/* [::] is open to other hosts, 127.0.0.0/8 is not. Multicast and broadcast have no IPv6 counterpart.
	 */
	if ((net == 127 && action == RULES_DUAL) || net >= 224)
		return false;
	*at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	if (net == 127)
		at->sin6_addr = in6addr_loopback;
	return true;
}

/* Such a program sets one of these on the sockets on which others ask it: to start again at once, as for all
 * its TCP, or to know which address was asked. Port 53 is below all random ports. */
bool bind_rules_question(int fd, enum rules_action action, const struct sockaddr_in6 *at)
{
	return config.questions && action == RULES_DEFAULT && ntohs(at->sin6_port) >= IPPORT_RESERVED &&
	       IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr) && socket_option(fd, SO_REUSEADDR) == 0 &&
	       socket_int(fd, IPPROTO_IP, IP_PKTINFO) == 0;
}

bool bind_rules_keeps(int fd)
{
	union sockaddr_any name;
	int saved = errno;
	bool result = rules_any(RULES_BIND) && socket_name(fd, &name) == AF_INET && name.in.sin_port != 0 &&
		      bind_rules_action(fd, &name.any, sizeof name.in) == RULES_IPV4;

	errno = saved;
	return result;
}
