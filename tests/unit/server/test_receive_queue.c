/* Looking through a datagram socket's queue, and what stays in it. */
#define _GNU_SOURCE
#include "../unit.h"

#include <errno.h>
#include <unistd.h>

#include "base/real.h"
#include "server/receive_queue.h"

#define OPT_SO_PEEK_OFF 42

static int receiver, port;

static int set_up(void **state)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	socklen_t len = sizeof any;
	int off = 0;

	(void)state;
	receiver = socket(AF_INET6, SOCK_DGRAM, 0);
	setsockopt(receiver, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	assert_int_equal(bind(receiver, (struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(getsockname(receiver, (struct sockaddr *)&any, &len), 0);
	port = ntohs(any.sin6_port);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return close(receiver);
}

/* Of each letter a datagram with this text: of IPv6 where it is a capital one, and empty where it is a dot.
 */
static void queue(const char *letters)
{
	struct sockaddr_in6 to6 = in6_at("::1", (uint16_t)port);
	struct sockaddr_in to = in_at("127.0.0.1", (uint16_t)port);
	int in6 = socket(AF_INET6, SOCK_DGRAM, 0), in = socket(AF_INET, SOCK_DGRAM, 0);

	for (; *letters; letters++) {
		size_t size = *letters != '.' && *letters != ':';
		ssize_t sent = *letters == ':' || (*letters >= 'A' && *letters <= 'Z')
				   ? sendto(in6, letters, size, 0, (struct sockaddr *)&to6, sizeof to6)
				   : sendto(in, letters, size, 0, (struct sockaddr *)&to, sizeof to);

		assert_int_equal(sent, size);
	}
	close(in6);
	close(in);
}

/* What is still there, in its order. */
static void assert_queued(const char *letters)
{
	char text[2] = "";

	for (; *letters; letters++) {
		ssize_t size = *letters != '.' && *letters != ':';

		assert_int_equal(recv(receiver, text, sizeof text, MSG_DONTWAIT), size);
		if (size)
			assert_int_equal(text[0], *letters);
	}
	assert_int_equal(recv(receiver, text, sizeof text, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static bool came_over_in6(const struct in6_addr *from, const struct in6_addr *to)
{
	assert_int_equal(!!IN6_IS_ADDR_V4MAPPED(from), !!IN6_IS_ADDR_V4MAPPED(to));
	return !IN6_IS_ADDR_V4MAPPED(from);
}

static void keeps_what_is_wanted(void **state)
{
	static const struct {
		const char *queued, *left;
	} cases[] = {
	    {"", ""},      {"a", "a"},    {"ab.c", "ab.c"}, {"A", ""},      {"ABab", "ab"},
	    {"A.b", ".b"}, {":a.", "a."}, {"aB", ""},       {"aBcDe", "e"}, {"..:..", ".."},
	};

	(void)state;
	need_socket_options();
	need_loopback();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		queue(cases[i].queued);
		assert_int_equal(receive_queue_drop(receiver, came_over_in6), 0);
		assert_queued(cases[i].left);
	}
}

/* The program has looked at the first one without receiving it. */
static void drops_what_was_looked_at(void **state)
{
	static const struct {
		const char *queued, *left;
	} cases[] = {
	    {":", ""},   {":a", "a"},   {".A", ""},  {".B.", "."},
	    {"a.B", ""}, {".a:.", "."}, {":.:", ""}, {"..a", "..a"},
	};
	char byte;

	(void)state;
	need_socket_options();
	need_loopback();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		queue(cases[i].queued);
		assert_true(recv(receiver, &byte, 1, MSG_PEEK) >= 0);
		assert_int_equal(receive_queue_drop(receiver, came_over_in6), 0);
		assert_queued(cases[i].left);
	}
}

/* What the program has set is there afterwards. */
static void keeps_options(void **state)
{
	need_socket_options();
	need_loopback();
	for (int i = 0; i < 2; i++) {
		int peek = i ? 3 : -1, info = i;
		socklen_t len = sizeof peek;

		(void)state;
		setsockopt(receiver, SOL_SOCKET, OPT_SO_PEEK_OFF, &peek, sizeof peek);
		setsockopt(receiver, IPPROTO_IPV6, IPV6_RECVPKTINFO, &info, sizeof info);
		assert_int_equal(receive_queue_drop(receiver, came_over_in6), 0);
		assert_int_equal(getsockopt(receiver, SOL_SOCKET, OPT_SO_PEEK_OFF, &peek, &len), 0);
		assert_int_equal(peek, i ? 3 : -1);
		assert_int_equal(getsockopt(receiver, IPPROTO_IPV6, IPV6_RECVPKTINFO, &info, &len), 0);
		assert_int_equal(info, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(keeps_what_is_wanted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(drops_what_was_looked_at, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(keeps_options, set_up, tear_down),
	};

	assert_int_equal(real_load(), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
