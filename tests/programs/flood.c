/* flood ADDR/PORT COUNT: makes COUNT connections, one after the other, and prints each answer. */
#include "common.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	union address to;
	char buffer[1024];

	if (argc != 3)
		die("flood ADDR/PORT COUNT");
	socklen_t len = address_parse(argv[1], &to);
	for (int i = atoi(argv[2]); i > 0; i--) {
		int fd = socket(to.any.sa_family, SOCK_STREAM, 0);
		ssize_t n;

		if (connect(fd, &to.any, len))
			die("connect");
		while ((n = read(fd, buffer, sizeof buffer)) > 0)
			if (write(STDOUT_FILENO, buffer, (size_t)n) != n)
				return 2;
		close(fd);
	}
	return 0;
}
