/* Walks the option table. Each option gets a value other than its default; it must be there after the socket
 * is widened, for IPv4 and for IPv6, and again after it is narrowed. An option that can't be copied must keep
 * the socket IPv4. */
#define _GNU_SOURCE
#include "../unit.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/real.h"
#include "server/listeners.h"
#include "server/narrow.h"
#include "server/widen.h"
#include "socket/mark.h"
#include "socket/options.h"

/* Samples for options that are not an int. */
static const struct linger linger = {1, 5};
static const struct timeval timeout = {3, 0};
static const uint64_t rate = 123456;
static const int stamping[2] = {SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE, 0};
static const struct sock_txtime txtime = {CLOCK_MONOTONIC, 0};
static struct sock_filter accept_all = {.code = BPF_RET | BPF_K, .k = 0xffffffff};
static const struct sock_fprog program = {1, &accept_all};
static struct tcp_md5sig md5 = {.tcpm_keylen = 6, .tcpm_key = "secret"};

static const struct in_addr loopback = {0x0100007f};
static const struct ip_mreq membership = {{0x010101e0}, {0x0100007f}};
static const struct ip_mreq_source source = {{0x010101e8}, {0x0100007f}, {0x0200007f}};

static const struct sample {
	const char *text;
	const void *value;
	socklen_t len;
} samples[] = {
    {"SO_LINGER", &linger, sizeof linger},
    {"SO_RCVTIMEO", &timeout, sizeof timeout},
    {"SO_SNDTIMEO", &timeout, sizeof timeout},
    {"SO_BINDTODEVICE", "lo", 3},
    {"SO_TIMESTAMPING", stamping, sizeof stamping},
    {"SO_MAX_PACING_RATE", &rate, sizeof rate},
    {"SO_TXTIME", &txtime, sizeof txtime},
    {"SO_ATTACH_FILTER", &program, sizeof program},
    {"SO_ATTACH_REUSEPORT_CBPF", &program, sizeof program},
    {"TCP_CONGESTION", "reno", 4},
    {"TCP_FASTOPEN_KEY", "0123456789abcdef", 16},
    {"TCP_MD5SIG", &md5, sizeof md5},
    {"IP_MULTICAST_IF", &loopback, sizeof loopback},
    {"IP_ADD_MEMBERSHIP", &membership, sizeof membership},
    {"IP_ADD_SOURCE_MEMBERSHIP", &source, sizeof source},
    {"IP_OPTIONS", "\1\1\1\0", 4}, /* RFC 791, 3.1: no operation, end */
};

/* Options tested only where they work, because they need an eBPF program, IPsec, a memory cgroup, groups
 * joined before, or a newer kernel. */
static const char *const may_be_missing[] = {
    "SO_ATTACH_BPF",
    "SO_ATTACH_REUSEPORT_EBPF",
    "TCP_MD5SIG",
    "TCP_MD5SIG_EXT",
    "TCP_AO_ADD_KEY",
    "IP_IPSEC_POLICY",
    "IP_XFRM_POLICY",
    "TCP_REPAIR",
    "SO_RESERVE_MEM",
    "SO_RCVPRIORITY",
    "SO_RCVMARK",
    "TCP_RTO_MAX_MS",
    "TCP_RTO_MIN_US",
    "TCP_DELACK_MAX_US",
    "SO_BUF_LOCK",
    "SO_TXREHASH",
    "IP_LOCAL_PORT_RANGE",
    "SO_PEEK_OFF",
    "SO_PREFER_BUSY_POLL",
    "SO_BUSY_POLL_BUDGET",
    "SO_PASSSEC",
    "IP_PASSSEC",
    "SO_BUSY_POLL",
    "IP_RECVERR_RFC4884",
    "TCP_TX_DELAY",
    "TCP_INQ",
    "UDP_ENCAP",
    "UDP_GRO",
    "UDP_SEGMENT",
    "IP_BLOCK_SOURCE",
    "IP_MSFILTER",
    "MCAST_JOIN_GROUP",
    "MCAST_MSFILTER",
    "MCAST_BLOCK_SOURCE",
    "MCAST_JOIN_SOURCE_GROUP",
};

struct value {
	socklen_t len;
	unsigned char bytes[64];
};

static int get(int fd, int level, int name, struct value *v)
{
	memset(v, 0, sizeof *v);
	v->len = sizeof v->bytes;
	return getsockopt(fd, level, name, v->bytes, &v->len);
}

static int may_miss(const struct option *row)
{
	for (size_t i = 0; i < sizeof may_be_missing / sizeof *may_be_missing; i++)
		if (strcmp(may_be_missing[i], row->text) == 0)
			return 1;
	return 0;
}

/* Sets the option to a value that reads differently; 0 if there is none. */
static int give(int fd, const struct option *row)
{
	static const int ints[] = {1, 0, 2, 5, 16, 120, 5000, 70000, 0x40014001, 0x01000000};
	struct value before, after;
	int on = 1;

	if (strncmp(row->text, "SO_ATTACH_REUSEPORT", 19) == 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (strcmp(samples[i].text, row->text) == 0)
			return setsockopt(fd, row->level, row->name, samples[i].value, samples[i].len) == 0;
	if (get(fd, row->level, row->name, &before) != 0)
		return 0;
	for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
		if (setsockopt(fd, row->level, row->name, &ints[i], sizeof(int)) != 0)
			continue;
		get(fd, row->level, row->name, &after);
		if (memcmp(&before, &after, sizeof before) != 0)
			return 1;
	}
	return 0;
}

static int domain(int fd)
{
	int value = -1;
	socklen_t len = sizeof value;

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len);
	return value;
}

static void assert_carried(int fd, const struct option *row, const struct value *had)
{
	struct value has, twin;
	int default6 = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(get(fd, row->level, row->name, &has), 0);
	if (has.len != had->len || memcmp(has.bytes, had->bytes, sizeof has.bytes) != 0)
		fail_msg("%s has another value than before", row->text);
	if (row->level == IPPROTO_IP && row->name6 >= 0 && domain(fd) == AF_INET6) {
		assert_int_equal(get(fd, IPPROTO_IPV6, row->name6, &twin), 0);
		if (memcmp(twin.bytes, had->bytes, 4) != 0)
			fail_msg("%s: the twin for IPv6 has another value", row->text);
		get(default6, IPPROTO_IPV6, row->name6, &has);
		if (memcmp(twin.bytes, has.bytes, 4) == 0)
			fail_msg("%s: the twin for IPv6 has its default", row->text);
	}
	close(default6);
}

/* On sockets of that type, these carry the mark (mark.h). */
static int is_mark(const struct option *row, int type)
{
	return strcmp(row->text, type == SOCK_STREAM ? "IP_MULTICAST_ALL" : "SO_RCVLOWAT") == 0;
}

/* A datagram socket with a locked filter can't get ours (spoof_filter.h). */
static int is_locked(const struct option *row, int type)
{
	return type == SOCK_DGRAM && strcmp(row->text, "SO_LOCK_FILTER") == 0;
}

static int look_at(const struct option *row, int type)
{
	static uint16_t port = 20000;
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(++port)};
	int fd = socket(AF_INET, type, 0), seen;
	struct value had;

	assert_in_range(fd, 0, 1000);
	seen = !is_mark(row, type) && give(fd, row);
	if (seen && row->kind == OPTION_KEEP)
		assert_int_equal(mark_keep(fd), 0);
	if (seen && (row->kind == OPTION_KEEP || row->kind == OPTION_UNSET || is_locked(row, type))) {
		assert_int_not_equal(widen(fd, &any, false), 0);
		assert_int_equal(domain(fd), AF_INET);
	} else if (seen) {
		assert_int_equal(get(fd, row->level, row->name, &had), 0);
		if (widen(fd, &any, false) != 0)
			fail_msg("%s: not widened", row->text);
		assert_int_equal(domain(fd), AF_INET6);
		assert_carried(fd, row, &had);
		if (type == SOCK_STREAM)
			assert_int_equal(listen(fd, 5), 0);
		/* Again, because listen() resets TCP_QUICKACK (inet_csk_listen_start()). */
		assert_int_equal(get(fd, row->level, row->name, &had), 0);
		if (narrow(fd) != 0)
			fail_msg("%s: not narrowed", row->text);
		assert_int_equal(domain(fd), AF_INET);
		assert_carried(fd, row, &had);
	}
	close(fd);
	return seen;
}

static void walk(void **state)
{
	int seen = 0;

	(void)state;
	need_socket_options();
	need_loopback();
	if (geteuid() != 0) {
		print_message("some options need root\n");
		skip();
	}
	for (int i = 0; i < options_count; i++) {
		/* No AF_INET socket has them. */
		if (options[i].level == IPPROTO_IPV6)
			continue;
		int here = look_at(&options[i], SOCK_STREAM) + look_at(&options[i], SOCK_DGRAM);

		if (!here && !may_miss(&options[i]))
			fail_msg("%s: no value could be set", options[i].text);
		if (!here)
			print_message("  %s: not to be had on this machine\n", options[i].text);
		seen += here > 0;
	}
	print_message("  %d of %d options carried or refused\n", seen, options_count);
	assert_in_range(seen, 60, options_count);
}

/* All at once, like servers that tune a lot. */
static void together(void **state)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	static const int names[][3] = {
	    {SOL_SOCKET, SO_RCVBUF, 30000}, {SOL_SOCKET, SO_SNDBUF, 40000}, {SOL_SOCKET, SO_RCVLOWAT, 9000},
	    {IPPROTO_IP, IP_TOS, 0x10},     {SOL_SOCKET, SO_PRIORITY, 2},   {SOL_SOCKET, SO_TIMESTAMPNS, 1},
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	};
	enum { COUNT = sizeof names / sizeof *names };
	struct value before[COUNT], after;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	need_socket_options();
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(setsockopt(fd, names[i][0], names[i][1], &names[i][2], sizeof(int)), 0);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(get(fd, names[i][0], names[i][1], &before[i]), 0);
	assert_int_equal(widen(fd, &any, false), 0);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(get(fd, names[i][0], names[i][1], &after), 0);
		assert_memory_equal(&before[i], &after, sizeof after);
	}
	close(fd);
}

/* Switched on and off again, SO_LINGER reads with the time that it had. */
static void lingered(void **state)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	const struct linger off = {0, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct value before, after;

	(void)state;
	need_socket_options();
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off), 0);
	assert_int_equal(get(fd, SOL_SOCKET, SO_LINGER, &before), 0);
	assert_int_equal(widen(fd, &any, false), 0);
	assert_int_equal(get(fd, SOL_SOCKET, SO_LINGER, &after), 0);
	assert_memory_equal(&before, &after, sizeof after);
	close(fd);
}

/* What fcntl() and fchown() set. */
static void file(void **state)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	struct f_owner_ex owner = {F_OWNER_PID, getpid()}, has;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), root = geteuid() == 0;
	struct stat st;

	(void)state;
	need_socket_options();
	signal(SIGUSR1, SIG_IGN);
	assert_int_equal(fcntl(fd, F_SETOWN_EX, &owner), 0);
	assert_int_equal(fcntl(fd, F_SETSIG, SIGUSR1), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC), 0);
	if (root)
		assert_int_equal(fchown(fd, 12, 34), 0);
	assert_int_equal(widen(fd, &any, false), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK | O_ASYNC);
	assert_int_equal(fcntl(fd, F_GETSIG), SIGUSR1);
	assert_int_equal(fcntl(fd, F_GETOWN_EX, &has), 0);
	assert_memory_equal(&has, &owner, sizeof has);
	assert_int_equal(fstat(fd, &st), 0);
	if (root)
		assert_true(st.st_uid == 12 && st.st_gid == 34);
	close(fd);
}

static void mirror(void **state)
{
	static const struct {
		int name, name6, value;
	} cases[] = {
	    {IP_TOS, 67, 0x20}, {IP_TTL, 16, 33}, {21 /* IP_MINTTL */, 73, 200}, {IP_RECVERR, 25, 1}};
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned char byte = 44;
	struct value v;
	int value;

	(void)state;
	need_socket_options();
	assert_int_equal(widen(fd, &any, false), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct option *row = options_find(IPPROTO_IP, cases[i].name);

		assert_non_null(row);
		assert_int_equal(options_mirror(fd, row, &cases[i].value, sizeof(int)), 0);
		get(fd, IPPROTO_IPV6, cases[i].name6, &v);
		memcpy(&value, v.bytes, sizeof value);
		assert_int_equal(value, cases[i].value);
	}
	/* ip(7)'s one-byte form. */
	assert_int_equal(options_mirror(fd, options_find(IPPROTO_IP, IP_TTL), &byte, 1), 0);
	get(fd, IPPROTO_IPV6, 16, &v);
	assert_int_equal(v.bytes[0], 44);
	/* And with no bytes, like ucspi-tcp; the kernel takes that for 0. */
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TOS, NULL, 0), 0);
	assert_int_equal(options_mirror(fd, options_find(IPPROTO_IP, IP_TOS), NULL, 0), 0);
	get(fd, IPPROTO_IPV6, 67, &v);
	assert_int_equal(v.bytes[0], 0);
	assert_null(options_find(IPPROTO_TCP, TCP_NODELAY));
	assert_null(options_find(SOL_SOCKET, SO_KEEPALIVE));
	close(fd);
}

int main(void)
{
	/* The hooks note what a program sets; here nothing goes through them. */
	options_setup();
	options_note_all();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(walk), cmocka_unit_test(together), cmocka_unit_test(lingered),
	    cmocka_unit_test(file), cmocka_unit_test(mirror),
	};
	struct sockaddr_in *peer = (struct sockaddr_in *)&md5.tcpm_addr;

	*peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(0xc0000201)}};
	real_load();
	listeners_setup();
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
