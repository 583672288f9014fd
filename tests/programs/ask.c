/* ask ADDR/PORT [LINE...]: connects, sends the lines and the end, and prints the answer until its end, for
 * ten seconds at most. Exits 0 if something came, 1 if the connection failed or nothing came. With UNTIL=TEXT
 * in the environment it sends no end until TEXT has come, and stops then; or, with THEN=LINE, sends that line
 * then and waits for the end. */
#define _GNU_SOURCE
#include "common.h"

#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *until = getenv("UNTIL"), *then = getenv("THEN");
	union address to;
	struct timeval patience = {.tv_sec = 10};
	static char buffer[65536];
	size_t total = 0;
	ssize_t n;

	if (argc < 2)
		die("ask ADDR/PORT [LINE]");
	socklen_t len = address_parse(argv[1], &to);
	int fd = socket(to.any.sa_family, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, &to.any, len)) {
		printf("%s\n", error_name(errno));
		return 1;
	}
	for (int i = 2; i < argc; i++)
		dprintf(fd, "%s\r\n", argv[i]);
	if (argc > 2 && !until)
		shutdown(fd, SHUT_WR);
	while ((n = read(fd, buffer + total, sizeof buffer - 1 - total)) > 0) {
		if (write(STDOUT_FILENO, buffer + total, (size_t)n) != n)
			return 2;
		total += (size_t)n;
		if (until && strstr(buffer, until)) {
			if (!then)
				return 0;
			dprintf(fd, "%s\r\n", then);
			until = NULL;
		}
	}
	return total && !until ? 0 : 1;
}
