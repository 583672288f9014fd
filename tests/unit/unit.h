/* Includes what every unit test needs. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Skips a test of what the kernel's socket options give where they are not those of the kernel: qemu-user
 * knows no SO_COOKIE, and with it lacks others.
 */
static inline void need_socket_options(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t cookie;
	socklen_t size = sizeof cookie;
	int result = getsockopt(fd, SOL_SOCKET, 57 /* SO_COOKIE, since Linux 4.12 */, &cookie, &size);

	close(fd);
	if (result != 0) {
		print_message("this machine does not pass on all socket options\n");
		skip();
	}
}

static inline struct sockaddr_in6 in6_at(const char *addr, uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET6, addr, &a.sin6_addr), 1);
	return a;
}

static inline struct sockaddr_in in_at(const char *addr, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, addr, &a.sin_addr), 1);
	return a;
}

#endif
