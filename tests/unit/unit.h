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

/* Skips a test that sends to itself where nothing can: builders of packages may have no loopback interface
 * that is up, or none with ::1. */
static inline void need_loopback(void)
{
	struct sockaddr_in to = in_at("127.0.0.1", 9);
	struct sockaddr_in6 to6 = in6_at("::1", 9);
	int in = socket(AF_INET, SOCK_DGRAM, 0), in6 = socket(AF_INET6, SOCK_DGRAM, 0);
	int result = connect(in, (struct sockaddr *)&to, sizeof to) |
		     connect(in6, (struct sockaddr *)&to6, sizeof to6);

	close(in);
	close(in6);
	if (result != 0) {
		print_message("127.0.0.1 and ::1 can't be reached here\n");
		skip();
	}
}

#endif
