/* ask6 [-nv] tcp|udp HOST PORT: the IPv6 client of UNIX Network Programming, section 12.3. It asks for
 * AF_INET6 addresses with AI_V4MAPPED, so a name with IPv4 addresses only yields V4MAPPED ones. It takes the
 * first, sends a line there from an AF_INET6 socket, and prints the answer. -n: without AI_V4MAPPED. -v:
 * tells each step on standard error. The exit status is 0 if there was an answer. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int verbose;

static void step(const char *format, ...)
{
	va_list list;

	if (!verbose)
		return;
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
}

/* The address as the program has it: AF_INET6 text. */
static const char *text(const struct sockaddr *a, socklen_t len)
{
	static char host[NI_MAXHOST];

	return getnameinfo(a, len, host, sizeof host, NULL, 0, NI_NUMERICHOST) ? "?" : host;
}

/* Sends the question and prints the answer. Returns an errno value, 0 when something came. */
static int converse(int fd, int type)
{
	static const char question[] = "hello\n";
	struct sockaddr_in6 end;
	socklen_t len = sizeof end;
	char answer[512];

	if (!getsockname(fd, (struct sockaddr *)&end, &len))
		step("getsockname(): %s\n", text((struct sockaddr *)&end, len));
	len = sizeof end;
	if (!getpeername(fd, (struct sockaddr *)&end, &len))
		step("getpeername(): %s\n", text((struct sockaddr *)&end, len));
	if (write(fd, question, sizeof question - 1) < 0)
		return errno;
	if (type == SOCK_STREAM)
		shutdown(fd, SHUT_WR);
	ssize_t n = read(fd, answer, sizeof answer);

	if (n <= 0)
		return n < 0 ? errno : ECONNRESET;
	return write(STDOUT_FILENO, answer, (size_t)n) == n ? 0 : EIO;
}

static int usage(void)
{
	fprintf(stderr, "usage: ask6 [-nv] tcp|udp HOST PORT\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_family = AF_INET6, .ai_flags = AI_V4MAPPED}, *to;
	struct timeval patience = {.tv_sec = 5};
	int option;

	while ((option = getopt(argc, argv, "nv")) != -1) {
		if (option == '?')
			return usage();
		if (option == 'n')
			hints.ai_flags = 0;
		else
			verbose = 1;
	}
	argv += optind;
	if (argc - optind != 3 || (strcmp(argv[0], "tcp") && strcmp(argv[0], "udp")))
		return usage();
	hints.ai_socktype = strcmp(argv[0], "tcp") ? SOCK_DGRAM : SOCK_STREAM;
	int error = getaddrinfo(argv[1], argv[2], &hints, &to);

	step("getaddrinfo(\"%s\", AF_INET6, %s): %s\n", argv[1], hints.ai_flags ? "AI_V4MAPPED" : "no flags",
	     error ? gai_strerror(error) : text(to->ai_addr, to->ai_addrlen));
	if (error)
		return 1;
	int fd = socket(AF_INET6, hints.ai_socktype, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	/* Connected, a UDP socket is told of ICMP errors (udp(7)). */
	error = connect(fd, to->ai_addr, to->ai_addrlen) ? errno : 0;
	step("connect(AF_INET6 socket, %s): %s\n", text(to->ai_addr, to->ai_addrlen),
	     error ? strerror(error) : "ok");
	freeaddrinfo(to);
	if (!error) {
		error = converse(fd, hints.ai_socktype);
		step("an answer: %s\n", error ? strerror(error) : "yes");
	}
	return error ? 1 : 0;
}
