#define _GNU_SOURCE
#include "socket/options.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/real.h"
#include "socket/mark.h"

#define NONE (-1)

/* Numbers where the headers of older systems or of musl may not have the name. They are the kernel's
 * (asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h); the few architectures that have others
 * for SOL_SOCKET (alpha, hppa, mips, sparc) take the names that their headers have. */
#define S(name, kind)                                      \
	{                                                  \
#name, SOL_SOCKET, name, NONE, kind, false \
	}
#define T(name, kind)                                       \
	{                                                   \
#name, IPPROTO_TCP, name, NONE, kind, false \
	}
#define TN(text, number, kind)                                \
	{                                                     \
#text, IPPROTO_TCP, number, NONE, kind, false \
	}
#define SN(text, number, kind)                               \
	{                                                    \
#text, SOL_SOCKET, number, NONE, kind, false \
	}
#define K(text, level, number)                                \
	{                                                     \
#text, level, number, NONE, OPTION_KEEP, true \
	}
#define M(text, number)                                             \
	{                                                           \
#text, IPPROTO_IP, number, NONE, OPTION_KEEP, false \
	}
#define U(text, number, kind)                                 \
	{                                                     \
#text, IPPROTO_UDP, number, NONE, kind, false \
	}
#define I(text, number, number6, kind)                          \
	{                                                       \
#text, IPPROTO_IP, number, number6, kind, false \
	}
#define I_STRICT(text, number, number6, kind)                  \
	{                                                      \
#text, IPPROTO_IP, number, number6, kind, true \
	}

const struct option options[] = {
    /* Not carried: what makes sense of IPv4 headers only, or can't be read back. */
    I(IP_OPTIONS, 4, NONE, OPTION_UNSET),
    T(TCP_REPAIR, OPTION_UNSET),
    {"SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, NONE, OPTION_UNSET, true}, /* IPv6 routes all the same */
    {"SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, NONE, OPTION_UNSET, true}, /* read: SO_GET_FILTER */
    K(SO_ATTACH_BPF, SOL_SOCKET, 50),
    /* It only chooses among sockets, so afterwards it may stay. */
    {"SO_ATTACH_REUSEPORT_CBPF", SOL_SOCKET, 51, NONE, OPTION_KEEP, false},
    {"SO_ATTACH_REUSEPORT_EBPF", SOL_SOCKET, 52, NONE, OPTION_KEEP, false},
    K(TCP_MD5SIG, IPPROTO_TCP, 14),
    K(TCP_MD5SIG_EXT, IPPROTO_TCP, 32),
    K(TCP_AO_ADD_KEY, IPPROTO_TCP, 38),
    K(IP_IPSEC_POLICY, IPPROTO_IP, 16),
    K(IP_XFRM_POLICY, IPPROTO_IP, 17),

    /* Multicast, for datagrams: a receiver is left alone if it says that it is one before bind(). */
    M(IP_MULTICAST_IF, 32),
    M(IP_ADD_MEMBERSHIP, 35),
    M(IP_BLOCK_SOURCE, 38),
    M(IP_ADD_SOURCE_MEMBERSHIP, 39),
    M(IP_MSFILTER, 41),
    M(MCAST_JOIN_GROUP, 42),
    M(MCAST_BLOCK_SOURCE, 43),
    M(MCAST_JOIN_SOURCE_GROUP, 46),
    M(MCAST_MSFILTER, 48),
    I(IP_MULTICAST_TTL, 33, NONE, OPTION_INT),
    I(IP_MULTICAST_LOOP, 34, NONE, OPTION_INT),
    I(IP_MULTICAST_ALL, 49, NONE, OPTION_INT),

    /* Of IPv4, with their twins. */
    I(IP_TOS, 1, 67, OPTION_INT), /* IPV6_TCLASS */
    I(IP_TTL, 2, 16, OPTION_INT), /* IPV6_UNICAST_HOPS */
    I(IP_RECVOPTS, 6, NONE, OPTION_INT),
    I(IP_RETOPTS, 7, NONE, OPTION_INT),
    I(IP_PKTINFO, 8, 49, OPTION_INT),       /* IPV6_RECVPKTINFO */
    I(IP_MTU_DISCOVER, 10, 23, OPTION_INT), /* IPV6_MTU_DISCOVER */
    I(IP_RECVERR, 11, 25, OPTION_INT),      /* IPV6_RECVERR */
    I(IP_RECVTTL, 12, 51, OPTION_INT),      /* IPV6_RECVHOPLIMIT */
    I(IP_RECVTOS, 13, 66, OPTION_INT),      /* IPV6_RECVTCLASS */
    I(IP_FREEBIND, 15, 78, OPTION_INT),     /* IPV6_FREEBIND */
    I(IP_PASSSEC, 18, NONE, OPTION_INT),
    I_STRICT(IP_TRANSPARENT, 19, 75, OPTION_INT), /* IPV6_TRANSPARENT */
    I(IP_RECVORIGDSTADDR, 20, 74, OPTION_INT),    /* IPV6_RECVORIGDSTADDR */
    I_STRICT(IP_MINTTL, 21, 73, OPTION_INT),      /* IPV6_MINHOPCOUNT */
    I(IP_BIND_ADDRESS_NO_PORT, 24, NONE, OPTION_INT),
    I(IP_RECVFRAGSIZE, 25, 77, OPTION_INT),    /* IPV6_RECVFRAGSIZE */
    I(IP_RECVERR_RFC4884, 26, 31, OPTION_INT), /* IPV6_RECVERR_RFC4884 */
    I(IP_UNICAST_IF, 50, 76, OPTION_INT),      /* IPV6_UNICAST_IF */
    I(IP_LOCAL_PORT_RANGE, 51, NONE, OPTION_INT),

    /* From here on: the same for both families. */
    S(SO_REUSEADDR, OPTION_INT),
    S(SO_REUSEPORT, OPTION_INT),
    S(SO_KEEPALIVE, OPTION_INT),
    S(SO_OOBINLINE, OPTION_INT),
    S(SO_BROADCAST, OPTION_INT),
    S(SO_DEBUG, OPTION_INT),
    S(SO_LINGER, OPTION_BLOB),
    S(SO_RCVTIMEO, OPTION_BLOB),
    S(SO_SNDTIMEO, OPTION_BLOB),
    S(SO_BINDTODEVICE, OPTION_STRING),
    S(SO_MARK, OPTION_INT),
    S(SO_PRIORITY, OPTION_INT), /* IP_TOS changes it (ip(7)): after it */
    /* For TCP SO_RCVLOWAT may enlarge the receive buffer (tcp_set_rcvlowat()): before SO_RCVBUF. */
    S(SO_RCVLOWAT, OPTION_INT),
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, OPTION_BUFFER, false},
    {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, OPTION_BUFFER, false},
    SN(SO_BUF_LOCK, 72, OPTION_INT), /* which of the two were set: after them */
    S(SO_TIMESTAMP, OPTION_INT),
    S(SO_TIMESTAMPNS, OPTION_INT),
    S(SO_TIMESTAMPING, OPTION_BLOB),
    SN(SO_PASSSEC, 34, OPTION_INT),
    SN(SO_RXQ_OVFL, 40, OPTION_INT),
    SN(SO_PEEK_OFF, 42, OPTION_INT),
    SN(SO_BUSY_POLL, 46, OPTION_INT),
    SN(SO_MAX_PACING_RATE, 47, OPTION_BLOB),
    SN(SO_INCOMING_CPU, 49, OPTION_INT),
    SN(SO_ZEROCOPY, 60, OPTION_INT),
    SN(SO_TXTIME, 61, OPTION_BLOB),
    SN(SO_PREFER_BUSY_POLL, 69, OPTION_INT),
    SN(SO_BUSY_POLL_BUDGET, 70, OPTION_INT),
    SN(SO_RESERVE_MEM, 73, OPTION_INT),
    SN(SO_TXREHASH, 74, OPTION_INT),
    SN(SO_RCVMARK, 75, OPTION_INT),
    SN(SO_RCVPRIORITY, 82, OPTION_INT),

    SN(SO_NO_CHECK, 11, OPTION_INT),
    U(UDP_CORK, 1, OPTION_INT),
    U(UDP_ENCAP, 100, OPTION_UNSET),
    U(UDP_SEGMENT, 103, OPTION_INT),
    U(UDP_GRO, 104, OPTION_INT),

    T(TCP_NODELAY, OPTION_INT),
    T(TCP_CORK, OPTION_INT),
    T(TCP_MAXSEG, OPTION_INT),
    T(TCP_KEEPIDLE, OPTION_INT),
    T(TCP_KEEPINTVL, OPTION_INT),
    T(TCP_KEEPCNT, OPTION_INT),
    T(TCP_SYNCNT, OPTION_INT),
    T(TCP_LINGER2, OPTION_INT),
    T(TCP_DEFER_ACCEPT, OPTION_INT),
    T(TCP_WINDOW_CLAMP, OPTION_INT),
    T(TCP_QUICKACK, OPTION_INT),
    T(TCP_CONGESTION, OPTION_STRING),
    TN(TCP_THIN_LINEAR_TIMEOUTS, 16, OPTION_INT),
    T(TCP_USER_TIMEOUT, OPTION_INT),
    T(TCP_FASTOPEN, OPTION_INT),
    TN(TCP_NOTSENT_LOWAT, 25, OPTION_INT),
    TN(TCP_SAVE_SYN, 27, OPTION_INT),
    TN(TCP_FASTOPEN_CONNECT, 30, OPTION_INT),
    TN(TCP_FASTOPEN_KEY, 33, OPTION_BLOB),
    TN(TCP_FASTOPEN_NO_COOKIE, 34, OPTION_INT),
    TN(TCP_INQ, 36, OPTION_INT),
    TN(TCP_TX_DELAY, 37, OPTION_INT),
    TN(TCP_RTO_MAX_MS, 44, OPTION_INT),
    TN(TCP_RTO_MIN_US, 45, OPTION_INT),
    TN(TCP_DELACK_MAX_US, 46, OPTION_INT),
    SN(SO_LOCK_FILTER, 44, OPTION_INT),
};
const int options_count = sizeof options / sizeof *options;

/* The longest is the name of an interface or a congestion control, or a Fast Open key with its backup. */
struct value {
	socklen_t len;
	unsigned char bytes[64];
};

const struct option *options_find(int level, int name)
{
	for (int i = 0; options[i].level != SOL_SOCKET || options[i].name != SO_REUSEADDR; i++)
		if (options[i].name == name && options[i].level == level)
			return &options[i];
	return NULL;
}

/* Reads one option; a length of 0 stands for one that there is not. Returns 0, or a negative errno where it
 * can't be read. */
static int get(int fd, const struct option *row, struct value *v)
{
	unsigned number;
	int result = 0;

	memset(v, 0, sizeof *v);
	v->len = sizeof v->bytes;
	/* SO_GET_FILTER counts in instructions and with a length of 0 only tells how many there are. */
	if (row->level == SOL_SOCKET && row->name == SO_ATTACH_FILTER) {
		v->len = 0;
		/* Nor is this one of the program's. */
		if (mark_test_datagram(fd))
			return 0;
	}
	if (real.getsockopt(fd, row->level, row->name, v->bytes, &v->len) != 0) {
		result = errno == ENOPROTOOPT || errno == EOPNOTSUPP ? 0 : -errno;
		v->len = 0;
	}
	/* The mark is not a setting of the program: what it sees is the default. */
	memcpy(&number, v->bytes, sizeof number);
	if (mark_is_value(row->level, row->name, number)) {
		number = row->level == SOL_SOCKET ? 1 : 0;
		memcpy(v->bytes, &number, sizeof number);
	}
	return result;
}

static bool same(const struct value *a, const struct value *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static int set(int fd, int level, int name, const void *value, socklen_t len)
{
	return real.setsockopt(fd, level, name, value, len) == 0 ? 0 : -errno;
}

static int write_buffer(int fd, const struct option *row, const struct value *v)
{
	int size, result;

	memcpy(&size, v->bytes, sizeof size);
	size /= 2;
	/* Above net.core.rmem_max only SO_RCVBUFFORCE gets there, where the program had used it. */
	result = set(fd, row->level, row->name6, &size, sizeof size);
	return result ? set(fd, row->level, row->name, &size, sizeof size) : 0;
}

static int write_one(int fd, const struct option *row, const struct value *v, int family)
{
	int result;

	if (row->kind == OPTION_UNSET)
		return -EOPNOTSUPP;
	if (row->kind == OPTION_BUFFER)
		return write_buffer(fd, row, v);
	result = set(fd, row->level, row->name, v->bytes, v->len);
	if (result == 0 && family == AF_INET6 && row->name6 != NONE)
		result = set(fd, IPPROTO_IPV6, row->name6, v->bytes, v->len);
	return result;
}

static int carry_row(int from, int to, const struct option *row, int family)
{
	struct value had, has;
	int result = get(from, row, &had);

	if (result == 0)
		result = get(to, row, &has);
	if (result || same(&had, &has))
		return result;
	result = write_one(to, row, &had, family);
	if (result == 0)
		result = get(to, row, &has);
	if (result)
		return result;
	return same(&had, &has) ? 0 : -EOPNOTSUPP;
}

/* Between sockets of IPv6 what is set for either family may differ. */
static int carry_options_in6(int from, int to, const char **missed)
{
	static const struct option own[] = {
	    {"IPV6_V6ONLY", IPPROTO_IPV6, 26, NONE, OPTION_INT, false},
	    {"IPV6_FLOWINFO_SEND", IPPROTO_IPV6, 33, NONE, OPTION_INT, false},
	    {"IPV6_AUTOFLOWLABEL", IPPROTO_IPV6, 70, NONE, OPTION_INT, false},
	    {"IPV6_ADDR_PREFERENCES", IPPROTO_IPV6, 72, NONE, OPTION_INT, false},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof own / sizeof *own && !result; i++) {
		*missed = own[i].text;
		result = carry_row(from, to, &own[i], AF_INET6);
	}
	for (int i = 0; i < options_count && !result; i++) {
		struct option row = options[i];

		if (row.level != IPPROTO_IP || row.name6 == NONE)
			continue;
		*missed = row.text;
		row.level = IPPROTO_IPV6;
		row.name = row.name6;
		row.name6 = NONE;
		result = carry_row(from, to, &row, AF_INET6);
	}
	return result;
}

static bool is_in6(int fd)
{
	static const struct option domain = {"SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, NONE, OPTION_INT, false};
	struct value has;
	int family;

	(void)get(fd, &domain, &has);
	memcpy(&family, has.bytes, sizeof family);
	return family == AF_INET6;
}

static int carry_options(int from, int to, int family, const char **missed)
{
	bool in6 = family == AF_INET6 && is_in6(from);
	int result = 0;

	for (int i = 0; i < options_count && !result; i++) {
		if (options[i].kind == OPTION_KEEP)
			continue;
		*missed = options[i].text;
		result = carry_row(from, to, &options[i], in6 ? AF_INET : family);
	}
	return in6 && !result ? carry_options_in6(from, to, missed) : result;
}

int options_carry_flags(int from, int to, const char **missed)
{
	int flags = fcntl(from, F_GETFL), signal = fcntl(from, F_GETSIG);
	struct f_owner_ex owner;

	*missed = "F_SETOWN_EX";
	if (fcntl(from, F_GETOWN_EX, &owner) != 0)
		return -errno;
	if (owner.pid && fcntl(to, F_SETOWN_EX, &owner) != 0)
		return -errno;
	*missed = "F_SETSIG";
	if (signal > 0 && fcntl(to, F_SETSIG, signal) != 0)
		return -errno;
	*missed = "F_SETFL";
	return flags >= 0 && fcntl(to, F_SETFL, flags & ~O_ASYNC) == 0 ? 0 : -errno;
}

/* What the kernel calls the network namespace that a socket was made in (SO_NETNS_COOKIE, Linux 5.14), which
 * wants room for that and no more (sk_getsockopt()); 0 where it has no such name. */
static int namespace_of(int fd, uint64_t *name)
{
	socklen_t len = sizeof *name;

	*name = 0;
	return real.getsockopt(fd, SOL_SOCKET, 71, name, &len) == 0 || errno == ENOPROTOOPT ? 0 : -errno;
}

/* A daemon may have changed its own namespace since. */
static int same_namespace(int from, int to)
{
	uint64_t had, has;
	int result = namespace_of(from, &had);

	if (result == 0)
		result = namespace_of(to, &has);
	if (result)
		return result;
	return had == has ? 0 : -EXDEV;
}

/* A socket belongs to who made it (firewalls can tell, and SO_REUSEPORT compares: then bind() says so). A
 * process that has dropped its privileges since can't give it back, and no harm is done. */
static void carry_owner(int from, int to)
{
	struct stat was, is;

	if (fstat(from, &was) == 0 && fstat(to, &is) == 0 &&
	    (was.st_uid != is.st_uid || was.st_gid != is.st_gid))
		(void)!fchown(to, was.st_uid, was.st_gid);
}

int options_carry(int from, int to, int family, const char **missed)
{
	int result = same_namespace(from, to);

	*missed = "SO_NETNS_COOKIE";
	if (!result && mark_kept(from)) {
		*missed = "an option that can't be read back";
		result = -EOPNOTSUPP;
	}
	if (!result)
		result = carry_options(from, to, family, missed);
	if (!result)
		result = options_carry_flags(from, to, missed);
	if (!result)
		carry_owner(from, to);
	return result;
}

int options_mirror(int fd, const struct option *row, const void *value, socklen_t len)
{
	int number = 0, result;

	if (row->name6 == NONE || row->level != IPPROTO_IP)
		return 0;
	/* IPv4 takes one byte, or nothing for 0 (do_ip_setsockopt()), where IPv6 wants an int. */
	if (len >= sizeof number)
		memcpy(&number, value, sizeof number);
	else if (len > 0)
		number = *(const unsigned char *)value;
	result = set(fd, IPPROTO_IPV6, row->name6, &number, sizeof number);
	return row->strict ? result : 0;
}
