/* visit ADDRESS PORT: connects to an IPv4 or IPv6 address and prints it with the answer or the error. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *to;
	char shown[NI_MAXHOST], buffer[256];
	ssize_t n;

	if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &to) ||
	    getnameinfo(to->ai_addr, to->ai_addrlen, shown, sizeof shown, NULL, 0, NI_NUMERICHOST)) {
		fprintf(stderr, "usage: visit ADDRESS PORT\n");
		return 2;
	}
	printf("%-26s ", shown);
	int fd = socket(to->ai_family, SOCK_STREAM, 0);

	/* The service is on this machine: if it does not answer at once, it never will. */
	alarm(5);
	if (connect(fd, to->ai_addr, to->ai_addrlen)) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			return 2;
	freeaddrinfo(to);
	return 0;
}
