/* The walk over descriptors, and the fdinfo of epoll sets. */
#define _GNU_SOURCE
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/real.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/replace.h"

static void parse(void **state)
{
	struct descriptors_registration r = {.set = 3};
	uint64_t inode = 9;

	(void)state;
	assert_true(descriptors_parse_registration(
	    "tfd:        5 events: c000201d data:     deadbeefcafe  pos:0 ino:3f44 sdev:9", &r, &inode));
	assert_int_equal(r.target, 5);
	assert_int_equal(r.event.events, 0xc000201d);
	assert_int_equal(r.event.data.u64, 0xdeadbeefcafe);
	assert_int_equal(inode, 0x3f44);
	/* Linux before 4.7 has no inode there. */
	assert_true(descriptors_parse_registration("tfd:        5 events:       19 data:                0",
						   &r, &inode));
	assert_int_equal(inode, 0);
	assert_false(descriptors_parse_registration("pos:\t0", &r, &inode));
	assert_false(descriptors_parse_registration("tfd: x events: 1 data: 2", &r, &inode));
	assert_false(descriptors_parse_registration("tfd: 1 events: 1", &r, &inode));
	assert_false(descriptors_parse_registration("", &r, &inode));
}

static int mark_seen(int fd, void *arg)
{
	unsigned char *seen = arg;

	if (fd < 256)
		seen[fd]++;
	return 0;
}

static int stop_at_once(int fd, void *arg)
{
	(void)fd;
	++*(int *)arg;
	return 5;
}

/* Finds every open descriptor once, also if none is left to read /proc with. All are low. */
static void each_by(int (*walk)(int (*visit)(int fd, void *arg), void *arg))
{
	int fds[100], calls = 0;

	for (int i = 0; i < 100; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	for (int crowded = 0; crowded < 2; crowded++) {
		unsigned char seen[256] = {0};
		struct rlimit before, tight;

		getrlimit(RLIMIT_NOFILE, &before);
		tight = before;
		tight.rlim_cur = (rlim_t)fds[99] + 1;
		if (crowded)
			setrlimit(RLIMIT_NOFILE, &tight);
		assert_int_equal(walk(mark_seen, seen), 0);
		setrlimit(RLIMIT_NOFILE, &before);
		for (int i = 0; i <= fds[99]; i++)
			if (seen[i] != (fcntl(i, F_GETFD) >= 0))
				fail_msg("%d: seen %d times", i, seen[i]);
	}
	assert_int_equal(walk(stop_at_once, &calls), 5);
	assert_int_equal(calls, 1);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
}

static void each(void **state)
{
	(void)state;
	each_by(descriptors_each);
}

static void each_low(void **state)
{
	(void)state;
	each_by(descriptors_each_low);
}

struct found {
	struct descriptors_registration all[200];
	int count;
};

static int note(const struct descriptors_registration *r, void *arg)
{
	struct found *f = arg;

	f->all[f->count++] = *r;
	return 0;
}

/* One socket with two descriptors, among so many that fdinfo takes several reads. */
static void registrations(void **state)
{
	int set = epoll_create1(0), sockets[60], again, other_socket = socket(AF_INET, SOCK_STREAM, 0);
	struct found f = {.count = 0};
	struct stat st;

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLET,
					    .data.u64 = 0x1234567890ULL + (unsigned)i};

		sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, sockets[i], &event), 0);
	}
	again = dup(sockets[31]);
	struct epoll_event other = {.events = EPOLLOUT | EPOLLONESHOT, .data.u64 = 77};
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, again, &other), 0);
	assert_int_equal(fstat(again, &st), 0);
	assert_int_equal(descriptors_registrations(set, other_socket, st.st_ino, note, &f), 0);
	assert_int_equal(f.count, 2);
	for (int i = 0; i < 2; i++) {
		int first = f.all[i].target == sockets[31];

		assert_int_equal(f.all[i].set, set);
		assert_int_equal(f.all[i].target, first ? sockets[31] : again);
		assert_int_equal(f.all[i].event.data.u64, first ? 0x1234567890 + 31 : 77);
		assert_true(f.all[i].event.events & (first ? EPOLLET : EPOLLONESHOT));
	}
	assert_int_equal(descriptors_registrations(sockets[0], sockets[1], st.st_ino, note, &f), 0);
	assert_int_equal(f.count, 2);
	for (int i = 0; i < 60; i++)
		close(sockets[i]);
	close(again);
	close(other_socket);
	close(set);
}

/* All or nothing: if a registration can't be put back, everything is as before. */
static void swap_fails(void **state)
{
	int set = epoll_create1(0), fd = socket(AF_INET, SOCK_STREAM, 0),
	    with = socket(AF_INET6, SOCK_STREAM, 0);
	int gone = dup(fd), value;
	socklen_t len = sizeof value;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1};

	(void)state;
	need_socket_options();
	holdings_note_copy(); /* as hook_dup() does */
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, gone, &event), 0);
	close(gone); /* the registration stays while the socket is open */
	assert_int_not_equal(replace_socket(fd, socket_cookie(fd), with, -1), 0);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len);
	assert_int_equal(value, AF_INET);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), -1);
	assert_int_equal(errno, EEXIST);
	close(set);
	assert_int_equal(replace_socket(fd, socket_cookie(fd), with, -1), 0);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len);
	assert_int_equal(value, AF_INET6);
	close(fd);
	close(with);
}

/* A copy of an epoll descriptor shows each registration again. */
static void swap_copied_set(void **state)
{
	int set = epoll_create1(0), copy = dup(set), other = epoll_create1(0);
	int fd = socket(AF_INET, SOCK_STREAM, 0), with = socket(AF_INET6, SOCK_STREAM, 0);
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1};

	(void)state;
	need_socket_options();
	holdings_note_copy(); /* as hook_dup() does */
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(epoll_ctl(other, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(replace_socket(fd, socket_cookie(fd), with, -1), 0);
	close(with);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(epoll_ctl(i ? set : other, EPOLL_CTL_ADD, fd, &event), -1);
		assert_int_equal(errno, EEXIST);
	}
	close(set);
	close(copy);
	close(other);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parse),         cmocka_unit_test(each),       cmocka_unit_test(each_low),
	    cmocka_unit_test(registrations), cmocka_unit_test(swap_fails), cmocka_unit_test(swap_copied_set),
	};

	real_load();
	return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
