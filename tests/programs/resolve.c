/* resolve NAME: prints what each resolver call gives for it. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>

static void by_info(const char *name, int family, const char *label)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME},
			*list;
	int error = getaddrinfo(name, "80", &hints, &list);

	printf("getaddrinfo %s:", label);
	if (error) {
		printf(" %s\n", gai_strerror(error));
		return;
	}
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		union address at;

		memcpy(&at, a->ai_addr, a->ai_addrlen);
		/* A short buffer, so that an address is printed as it is. */
		printf(" %s port %d socktype %d length %u%s%s", address_text(&at), address_port(&at),
		       a->ai_socktype, (unsigned)a->ai_addrlen, a->ai_canonname ? " canonical " : "",
		       a->ai_canonname ? a->ai_canonname : "");
	}
	printf("\n");
	freeaddrinfo(list);
}

static void entry(const char *label, const struct hostent *h, int error)
{
	printf("%s:", label);
	if (!h) {
		printf(" %s\n", hstrerror(error));
		return;
	}
	for (char **a = h->h_addr_list; *a; a++) {
		char text[INET6_ADDRSTRLEN];

		/* A buffer for IPv4 addresses only, so that one is printed as it is. */
		printf(" %s", inet_ntop(h->h_addrtype, *a, text,
					h->h_addrtype == AF_INET ? INET_ADDRSTRLEN : INET6_ADDRSTRLEN));
	}
	printf(" length %d family %d\n", h->h_length, h->h_addrtype);
}

int main(int argc, char **argv)
{
	struct hostent h, *found = NULL;
	char buffer[4096];
	int error = 0;

	if (argc != 2)
		die("resolve NAME");
	by_info(argv[1], AF_INET, "AF_INET");
	by_info(argv[1], AF_INET6, "AF_INET6");
	found = gethostbyname(argv[1]);
	entry("gethostbyname", found, h_errno);
	found = gethostbyname2(argv[1], AF_INET);
	entry("gethostbyname2 AF_INET", found, h_errno);
	found = NULL;
	gethostbyname_r(argv[1], &h, buffer, sizeof buffer, &found, &error);
	entry("gethostbyname_r", found, error);
	found = gethostbyname2(argv[1], AF_INET6);
	entry("gethostbyname2 AF_INET6", found, h_errno);
	found = NULL;
	gethostbyname2_r(argv[1], AF_INET6, &h, buffer, sizeof buffer, &found, &error);
	entry("gethostbyname2_r AF_INET6", found, error);
	/* An IPv6 address more needs more room. */
	found = NULL;
	printf("status %d ", gethostbyname2_r(argv[1], AF_INET6, &h, buffer, 256, &found, &error));
	entry("gethostbyname2_r AF_INET6, 256 bytes", found, error);
	return 0;
}
