/* dualstack-tool translator: prints the value of "nat64" for the network's NAT64 translator, "auto:PREFIX";
 * nothing if there is none. The launcher waits for it, so it takes two seconds at most. */
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#include "base/real.h"
#include "resolver/nat64.h"
#include "resolver/nat64_discovery.h"
#include "tool/tool.h"

int tool_translator(int argc, char **argv)
{
	char text[INET6_ADDRSTRLEN];
	const struct nat64_prefix *prefix;

	(void)argc;
	(void)argv;
	(void)alarm(2);
	if (real_load() != 0)
		return TOOL_FAILED;
	nat64_discover();
	prefix = nat64_now();
	if (prefix && inet_ntop(AF_INET6, &prefix->addr, text, sizeof text))
		printf("auto:%s/%u", text, prefix->bits);
	return 0;
}
