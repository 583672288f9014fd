/* udp_connects: what connect() leaves behind on a datagram socket of a server, and what bind() does. Prints
 * what it sees:
 *
 *   a connect() that fails     the peer, and whether a stranger's datagram comes through
 *   the broadcast address      the peer, from a socket that is bound and one that isn't
 *   a closed descriptor        the error
 *   F_SETSIG before bind()     the signal afterwards */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { PORT = 5065 };

static struct sockaddr_in at(const char *host, int port)
{
	return (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_port = htons((in_port_t)port), .sin_addr = {inet_addr(host)}};
}

static void connects(int fd, const char *host)
{
	struct sockaddr_in to = at(host, 9), peer;
	socklen_t len = sizeof peer;

	printf("to %s: %s", host, error_name(connect(fd, (struct sockaddr *)&to, sizeof to) ? errno : 0));
	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		printf(", no peer\n");
	else
		printf(", peer %s\n", inet_ntoa(peer.sin_addr));
}

static int bound(void)
{
	struct sockaddr_in any = at("0.0.0.0", PORT);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
		die("bind");
	return fd;
}

/* Loopback delivers at once. */
static void stranger(int fd)
{
	struct sockaddr_in to = at("127.0.0.1", PORT);
	int other = socket(AF_INET, SOCK_DGRAM, 0);
	char data[8];

	(void)sendto(other, "forged", 6, 0, (struct sockaddr *)&to, sizeof to);
	printf("a stranger's datagram: %zd\n", recv(fd, data, sizeof data, MSG_DONTWAIT));
	close(other);
}

int main(void)
{
	const struct sockaddr_in any = at("0.0.0.0", PORT + 1);
	const int on = 1;
	int fd = bound();

	connects(fd, "127.0.0.2");
	connects(fd, "203.0.113.1");
	connects(fd, "255.255.255.255");
	stranger(fd);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	connects(fd, "255.255.255.255");
	close(fd);
	connects(fd, "240.0.0.1");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	connects(fd, "255.255.255.255");
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	fcntl(fd, F_SETSIG, SIGUSR1);
	if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
		die("bind");
	printf("F_GETSIG: %s\n", fcntl(fd, F_GETSIG) == SIGUSR1 ? "as set" : "another");
	return 0;
}
