/* Where answers leave from: each peer of each socket is answered from the address that it asked last, or from
 * where the kernel chooses, and never from what another one asked. The kernel's part is played here. */
#define _GNU_SOURCE
#include "../unit.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "address/reply_source.h"
#include "base/real.h"
#include "socket/mark.h"

static int sockets[3];

static long now_ms = 1000000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
	return 0;
}

static int new_socket(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(mark_set(fd, IPPROTO_UDP), 0);
	return fd;
}

/* A datagram from PEER to LOCAL, an address of interface 9, came to FD. */
static void came(int fd, const struct sockaddr_in6 *peer, const char *local)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {.header = {.cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO}};
	struct sockaddr_in6 name = *peer, to = in6_at(local, 0);
	struct in6_pktinfo info = {.ipi6_addr = to.sin6_addr, .ipi6_ifindex = 9};
	struct msghdr kernel = {.msg_name = &name,
				.msg_namelen = sizeof name,
				.msg_control = &control,
				.msg_controllen = sizeof control};

	need_socket_options();
	control.header.cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(&control.header), &info, sizeof info);
	now_ms++;
	reply_source_note(fd, mark_datagram(fd), &kernel);
}

/* Where FD answers PEER from: "" where the kernel chooses. */
static const char *from(int fd, const struct sockaddr_in6 *peer)
{
	static char text[INET6_ADDRSTRLEN];
	struct in6_pktinfo local;

	if (!reply_source_of(fd, peer, &local))
		return "";
	assert_int_equal(local.ipi6_ifindex, IN6_IS_ADDR_LINKLOCAL(&local.ipi6_addr) ? 9 : 0);
	return inet_ntop(AF_INET6, &local.ipi6_addr, text, sizeof text);
}

static void latest(void **state)
{
	struct sockaddr_in6 peer = in6_at("2001:db8::1", 1000), port = in6_at("2001:db8::1", 1001);

	(void)state;
	assert_string_equal(from(sockets[0], &peer), "");
	came(sockets[0], &peer, "2001:db8::a");
	assert_string_equal(from(sockets[0], &peer), "2001:db8::a");
	came(sockets[0], &peer, "2001:db8::b");
	assert_string_equal(from(sockets[0], &peer), "2001:db8::b");
	/* Another port is another peer. */
	assert_string_equal(from(sockets[0], &port), "");
	/* A socket that was asked answers from there, another one from where the peer has asked last. */
	assert_string_equal(from(sockets[1], &peer), "2001:db8::b");
	came(sockets[1], &peer, "2001:db8::c");
	assert_string_equal(from(sockets[0], &peer), "2001:db8::b");
	assert_string_equal(from(sockets[1], &peer), "2001:db8::c");
	assert_string_equal(from(sockets[2], &peer), "2001:db8::c");
	came(sockets[0], &peer, "2001:db8::b");
	assert_string_equal(from(sockets[2], &peer), "2001:db8::b");
}

/* A socket that gets the number of one that was closed is another: it was not asked. */
static void numbers(void **state)
{
	struct sockaddr_in6 peer = in6_at("2001:db8::2", 1000);
	int fd = new_socket(), again;

	(void)state;
	came(fd, &peer, "2001:db8::a");
	assert_string_equal(from(fd, &peer), "2001:db8::a");
	came(sockets[0], &peer, "2001:db8::b");
	assert_string_equal(from(fd, &peer), "2001:db8::a");
	close(fd);
	again = new_socket();
	assert_int_equal(again, fd);
	assert_string_equal(from(again, &peer), "2001:db8::b");
	close(again);
}

/* A group is no address to answer from; a link-local one is of an interface; so is a peer. */
static void kinds(void **state)
{
	struct sockaddr_in6 peer = in6_at("fe80::3", 1000), other = in6_at("fe80::3", 1000);

	(void)state;
	peer.sin6_scope_id = 9;
	other.sin6_scope_id = 8;
	came(sockets[0], &peer, "fe80::a");
	assert_string_equal(from(sockets[0], &peer), "fe80::a");
	assert_string_equal(from(sockets[0], &other), "");
	came(sockets[0], &peer, "ff02::fb");
	assert_string_equal(from(sockets[0], &peer), "");
	came(sockets[0], &peer, "2001:db8::a");
	assert_string_equal(from(sockets[0], &peer), "2001:db8::a");
}

/* IPv4's, V4MAPPED: a group and the broadcast address are no addresses to answer from, nor is any of them for
 * a peer that has been silent for long. */
static void mapped(void **state)
{
	struct sockaddr_in6 peer = in6_at("::ffff:192.0.2.1", 1000), same = in6_at("2001:db8::4", 1000);

	(void)state;
	came(sockets[0], &peer, "::ffff:198.51.100.2");
	assert_string_equal(from(sockets[0], &peer), "::ffff:198.51.100.2");
	assert_string_equal(from(sockets[1], &peer), "::ffff:198.51.100.2");
	came(sockets[0], &peer, "::ffff:239.255.255.250");
	assert_string_equal(from(sockets[0], &peer), "");
	came(sockets[0], &peer, "::ffff:198.51.100.3");
	came(sockets[0], &peer, "::ffff:255.255.255.255");
	assert_string_equal(from(sockets[0], &peer), "");
	came(sockets[0], &peer, "::ffff:198.51.100.3");
	came(sockets[0], &same, "2001:db8::a");
	now_ms += REPLY_SOURCE_IPV4_MS - 1;
	assert_string_equal(from(sockets[0], &peer), "::ffff:198.51.100.3");
	now_ms += 2;
	assert_string_equal(from(sockets[0], &peer), "");
	assert_string_equal(from(sockets[0], &same), "2001:db8::a");
	came(sockets[0], &peer, "::ffff:198.51.100.3");
	assert_string_equal(from(sockets[0], &peer), "::ffff:198.51.100.3");
}

/* More peers than there is room for: the latest are remembered, others left to the kernel, none mistaken. */
static void many(void **state)
{
	enum { COUNT = 20000, LATEST = 128 };
	int known = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		struct sockaddr_in6 peer = in6_at("2001:db8:1::", (uint16_t)(i % 7 + 1));
		char local[INET6_ADDRSTRLEN];

		memcpy(peer.sin6_addr.s6_addr + 12, &i, sizeof i);
		snprintf(local, sizeof local, "2001:db8:2::%x", i + 1);
		came(sockets[i % 2], &peer, local);
	}
	for (int i = 0; i < COUNT; i++) {
		struct sockaddr_in6 peer = in6_at("2001:db8:1::", (uint16_t)(i % 7 + 1));
		char local[INET6_ADDRSTRLEN];
		const char *found;

		memcpy(peer.sin6_addr.s6_addr + 12, &i, sizeof i);
		snprintf(local, sizeof local, "2001:db8:2::%x", i + 1);
		found = from(sockets[i % 3], &peer);
		if (*found)
			assert_string_equal(found, local);
		known += *found != '\0' && i >= COUNT - LATEST;
	}
	assert_in_range(known, LATEST - 8, LATEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(latest), cmocka_unit_test(numbers), cmocka_unit_test(kinds),
	    cmocka_unit_test(mapped), cmocka_unit_test(many),
	};

	real_load();
	sockets[0] = new_socket();
	sockets[1] = new_socket();
	sockets[2] = new_socket();
	return cmocka_run_group_tests_name("reply source", tests, NULL, NULL);
}
