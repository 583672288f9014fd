/* ask HOST PORT: an IPv4-only client. It asks for IPv4 addresses, connects to the first, and prints the
 * answer or the error. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *to;
	char buffer[256];
	ssize_t n;

	if (argc != 3) {
		fprintf(stderr, "usage: ask HOST PORT\n");
		return 2;
	}
	int error = getaddrinfo(argv[1], argv[2], &hints, &to);

	if (error) {
		printf("%s\n", gai_strerror(error));
		return 1;
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	alarm(5);
	if (connect(fd, to->ai_addr, sizeof(struct sockaddr_in))) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			return 2;
	freeaddrinfo(to);
	return 0;
}
