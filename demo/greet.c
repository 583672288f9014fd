/* A service that knows IPv4 only: it binds 0.0.0.0 and greets each visitor with the address that it saw. It
 * uses AF_INET and nothing else, as such programs do. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET}, peer;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: greet PORT\n");
		return 2;
	}
	any.sin_port = htons((in_port_t)atoi(argv[1]));
	any.sin_addr.s_addr = htonl(INADDR_ANY);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, 5)) {
		perror("greet");
		return 1;
	}
	for (;;) {
		socklen_t len = sizeof peer;
		int fd = accept(listener, (struct sockaddr *)&peer, &len);
		char text[INET6_ADDRSTRLEN];

		if (fd < 0)
			continue;
		/* Both ways in which such programs print an address. */
		dprintf(fd, "saw %s", inet_ntoa(peer.sin_addr));
		dprintf(fd, ", logs %s\n", inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text));
		close(fd);
	}
}
