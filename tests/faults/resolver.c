#define _GNU_SOURCE
#include "scenarios.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

static void say_list(const char *label, int error, struct addrinfo **list)
{
	char text[256] = "";
	size_t used = 0;

	page->own = NO_ROW;
	if (error) {
		say(label, "%d", error);
		return;
	}
	for (const struct addrinfo *a = *list; a; a = a->ai_next) {
		union address at;

		memset(&at, 0, sizeof at);
		memcpy(&at, a->ai_addr, a->ai_addrlen);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %u%s%s", used ? ", " : "",
					 text_of(&at), (unsigned)a->ai_addrlen, a->ai_canonname ? " " : "",
					 a->ai_canonname ? a->ai_canonname : "");
	}
	say(label, "%s", text);
	freeaddrinfo(*list);
}

static void ask(const char *label, const char *name, int family)
{
	const struct addrinfo hints = {
	    .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
	struct addrinfo *list = NULL;

	begin(ROW_getaddrinfo);
	say_list(label, getaddrinfo(name, "80", &hints, &list), &list);
}

static void names(void)
{
	ask("both AF_INET", "both", AF_INET);
	ask("six AF_INET", "six", AF_INET);
	ask("six AF_INET again", "six", AF_INET);
	ask("four AF_INET", "four", AF_INET);
	ask("four AF_INET6", "four", AF_INET6);
	ask("both AF_UNSPEC", "both", AF_UNSPEC);
	ask("literal", IN6, AF_INET);
}

#ifdef __GLIBC__
static void asynchronous(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct gaicb one = {.ar_name = "both", .ar_request = &hints}, *list[] = {&one};
	int error;

	begin(ROW_getaddrinfo);
	error = getaddrinfo_a(GAI_WAIT, list, 1, NULL);
	say("getaddrinfo_a", "%d", error);
	if (!error)
		say_list("both", gai_error(&one), &one.ar_result);
	page->own = NO_ROW;
}
#endif

static void say_host(const char *label, const struct hostent *h, int error)
{
	union address a = {.any = {.sa_family = 0}};

	page->own = NO_ROW;
	if (!h) {
		say(label, "%d", error);
		return;
	}
	a.any.sa_family = (sa_family_t)h->h_addrtype;
	memcpy(h->h_addrtype == AF_INET6 ? (void *)&a.in6.sin6_addr : (void *)&a.in.sin_addr,
	       h->h_addr_list[0], (size_t)h->h_length);
	say(label, "%s %d %s", text_of(&a), h->h_length, h->h_name);
}

static void host(const char *label, const char *name, int family)
{
	struct hostent *h;

	begin(ROW_gethostbyname2);
	h = gethostbyname2(name, family);
	say_host(label, h, h_errno);
}

static void host_r(const char *label, const char *name, int family)
{
	struct hostent entry, *h = NULL;
	char buffer[2048];
	int error = 0;

	begin(ROW_gethostbyname2_r);
	(void)gethostbyname2_r(name, family, &entry, buffer, sizeof buffer, &h, &error);
	say_host(label, h, error);
}

static void hosts(void)
{
	host("both", "both", AF_INET);
	host("six", "six", AF_INET);
	host("four AF_INET6", "four", AF_INET6);
	host_r("both, _r", "both", AF_INET);
	host_r("six, _r", "six", AF_INET);
	host_r("four AF_INET6, _r", "four", AF_INET6);
}

/* The text and the name of a synthetic address. */
static void reverse(void)
{
	union address to;
	struct hostent *h;
	char text[NI_MAXHOST];
	int error;

	if (!look_up("six", SOCK_STREAM, &to))
		return;
	begin(ROW_getnameinfo);
	error = getnameinfo(&to.any, sizeof to.in, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	page->own = NO_ROW;
	if (error)
		say("getnameinfo", "%d", error);
	else
		say("getnameinfo", "%s", text);
	begin(ROW_gethostbyaddr);
	h = gethostbyaddr(&to.in.sin_addr, sizeof to.in.sin_addr, AF_INET);
	page->own = NO_ROW;
	if (h)
		say("gethostbyaddr", "%s %d", h->h_name, h->h_length);
	else
		say("gethostbyaddr", "%d", h_errno);
}

const struct scenario resolver_scenarios[] = {
    /* If the name servers give no IPv4 address for the moment, the IPv6 one is enough. */
    {"names", names, {"both AF_INET: synthetic 16 both"}, false},
    {"hosts", hosts, {"both: synthetic 4 both", "both, _r: synthetic 4 both"}, false},
#ifdef __GLIBC__
    /* No memory, or no thread. */
    {"asynchronous",
     asynchronous,
     {"getaddrinfo_a: -10", "getaddrinfo_a: -3", "both: synthetic 16", "both: -*"},
     false},
#endif
    {"reverse", reverse, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};
