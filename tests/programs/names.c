/* names PORT: accepts connections and answers with the peer's name, by each function that gives one. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>
#include <unistd.h>

/* SHOWN has as many bytes as the addresses of H. */
static void entry(int fd, const char *call, const struct hostent *h, const void *shown)
{
	char text[INET6_ADDRSTRLEN];
	int count = 0;

	if (!h) {
		dprintf(fd, "%s nothing\n", call);
		return;
	}
	while (h->h_addr_list[count])
		count++;
	dprintf(fd, "%s %s family %d length %d %s shown %s, %d address, alias %s\n", call, h->h_name,
		h->h_addrtype, h->h_length,
		inet_ntop(h->h_addrtype, h->h_addr_list[0], text, INET_ADDRSTRLEN + strlen("::ffff:")),
		memcmp(h->h_addr_list[0], shown, (size_t)h->h_length) ? "no" : "yes", count,
		h->h_aliases[0] ? h->h_aliases[0] : "-");
}

static void name(int fd, const struct sockaddr_in *peer, const char *what, socklen_t size, int flags)
{
	char host[NI_MAXHOST];
	int error = getnameinfo((const struct sockaddr *)peer, sizeof *peer, host, size, NULL, 0, flags);

	dprintf(fd, "%s %s\n", what, error ? gai_strerror(error) : host);
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET}, peer;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	if (argc != 2)
		die("names PORT");
	any.sin_port = htons((in_port_t)atoi(argv[1]));
	if (bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, 100))
		die("names");
	for (;;) {
		socklen_t len = sizeof peer;
		struct in6_addr mapped = IN6ADDR_ANY_INIT;
		struct hostent h, *found = NULL;
		char buffer[1024], text[INET6_ADDRSTRLEN];
		int error;

		fd = accept(listener, (struct sockaddr *)&peer, &len);
		if (fd < 0)
			continue;
		entry(fd, "gethostbyaddr", gethostbyaddr(&peer.sin_addr, 4, AF_INET), &peer.sin_addr);
		gethostbyaddr_r(&peer.sin_addr, 4, AF_INET, &h, buffer, sizeof buffer, &found, &error);
		entry(fd, "gethostbyaddr_r", found, &peer.sin_addr);
		error = gethostbyaddr_r(&peer.sin_addr, 4, AF_INET, &h, buffer, 60, &found, &(int){0});
		dprintf(fd, "gethostbyaddr_r, 60 bytes: %s\n", error == ERANGE ? "ERANGE" : "fits");
		mapped.s6_addr32[2] = htonl(0xffff);
		mapped.s6_addr32[3] = peer.sin_addr.s_addr;
		entry(fd, "mapped gethostbyaddr", gethostbyaddr(&mapped, 16, AF_INET6), &mapped);
		found = NULL;
		gethostbyaddr_r(&mapped, 16, AF_INET6, &h, buffer, sizeof buffer, &found, &error);
		entry(fd, "mapped gethostbyaddr_r", found, &mapped);
		name(fd, &peer, "getnameinfo", NI_MAXHOST, NI_NAMEREQD);
		name(fd, &peer, "getnameinfo numeric", NI_MAXHOST, NI_NUMERICHOST);
		name(fd, &peer, "getnameinfo numeric, 16 bytes", INET_ADDRSTRLEN, NI_NUMERICHOST);
		dprintf(fd, "inet_ntop, 16 bytes %s\n",
			inet_ntop(AF_INET, &peer.sin_addr, text, INET_ADDRSTRLEN));
		dprintf(fd, "inet_ntop, 46 bytes %s\n",
			inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text));
		dprintf(fd, "inet_ntoa %s\n", inet_ntoa(peer.sin_addr));
		close(fd);
	}
}
