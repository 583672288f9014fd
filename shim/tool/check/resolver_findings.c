#define _GNU_SOURCE
#include "tool/check/check.h"

#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool/bounded.h"

#define NAME "a.root-servers.net"

/* Is the resolver's option no-aaaa set (resolv.conf(5), glibc 2.36)? Other resolvers do not know it. */
static bool leaves_out_aaaa(void)
{
	bool found = false;
#ifdef __GLIBC__
	enum { NO_AAAA = 0x08000000 }; /* RES_NOAAAA, which older headers lack */
	struct __res_state state = {0};

	if (res_ninit(&state) == 0) {
		found = state.options & NO_AAAA;
		res_nclose(&state);
	}
#endif
	return found;
}

/* Work for bounded_run(): writes "4" or "6" for each address of the name. The dot keeps search domains out.
 * With AI_ADDRCONFIG, a host without IPv6 addresses would not ask for AAAA. */
static int look_up(void *arg)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;

	(void)arg;
	if (getaddrinfo(NAME ".", NULL, &hints, &list) != 0)
		return 1;
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		if (write(STDOUT_FILENO, a->ai_family == AF_INET6 ? "6" : "4", 1) != 1)
			return 2;
	return 0;
}

void resolver_findings(struct findings *f, bool ask)
{
	static const char id[] = "resolver_aaaa";
	char *families = NULL;
	int status = ask ? bounded_run(look_up, NULL, &families) : 0;

	if (families && strchr(families, '6'))
		findings_add(f, id, FINDING_OK, "", "the resolver gives IPv6 addresses");
	else if (leaves_out_aaaa())
		findings_add(
		    f, id, FINDING_WARN,
		    "Remove the option; with it, names lead to IPv4 addresses only (resolv.conf(5)).",
		    "the resolver leaves out AAAA: no-aaaa in resolv.conf(5) or RES_OPTIONS");
	else if (!ask)
		findings_add(f, id, FINDING_UNKNOWN, "Leave out --no-network to ask it.",
			     "the resolver was not asked (--no-network)");
	else if (families && strchr(families, '4'))
		findings_add(
		    f, id, FINDING_WARN,
		    "Find out what the name server filters; until then, names lead to IPv4 addresses only.",
		    "the resolver leaves out AAAA: it gave an IPv4 address of " NAME " only");
	else if (status == -ETIMEDOUT)
		findings_add(f, id, FINDING_UNKNOWN,
			     "Check that the name servers in /etc/resolv.conf are up.",
			     "the resolver did not answer within %d s", BOUNDED_SECONDS);
	else
		findings_add(
		    f, id, FINDING_UNKNOWN,
		    "Check that the name servers in /etc/resolv.conf work and know more than local names.",
		    "the resolver found no address of " NAME);
}
