#define _GNU_SOURCE
#include "socket/options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stddef.h>

#define NONE (-1)
#define OPT_SO_BUF_LOCK 72
#define OPT_SO_RCVTIMEO_NEW 66
#define OPT_SO_SNDTIMEO_NEW 67

/* Numbers are used if the headers of older systems or of musl may lack the name. They are the kernel's
 * (asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h). A few architectures have other numbers for
 * SOL_SOCKET (alpha, hppa, mips, sparc): they have the options that their headers name. */
#define ROW(...)            \
	{                   \
		__VA_ARGS__ \
	}
#define S(name) ROW(#name, SOL_SOCKET, name, NONE, OPTION_PLAIN, false)
#define T(name) ROW(#name, IPPROTO_TCP, name, NONE, OPTION_PLAIN, false)
#define TN(text, number) ROW(#text, IPPROTO_TCP, number, NONE, OPTION_PLAIN, false)
#define SN(text, number) ROW(#text, SOL_SOCKET, number, NONE, OPTION_PLAIN, false)
#define K(text, level, number) ROW(#text, level, number, NONE, OPTION_KEEP, true)
#define M(text, number) ROW(#text, IPPROTO_IP, number, NONE, OPTION_KEEP, false)
#define U(text, number) ROW(#text, IPPROTO_UDP, number, NONE, OPTION_PLAIN, false)
#define I(text, number, number6) ROW(#text, IPPROTO_IP, number, number6, OPTION_PLAIN, false)
#define V(text, number) ROW(#text, IPPROTO_IPV6, number, NONE, OPTION_PLAIN, false)
#define I_STRICT(text, number, number6) ROW(#text, IPPROTO_IP, number, number6, OPTION_PLAIN, true)

const struct option options[] = {
    /* Not carried: options for IPv4 headers only, or that can't be read back. */
    {"IP_OPTIONS", IPPROTO_IP, 4, NONE, OPTION_UNSET, false},
    {"TCP_REPAIR", IPPROTO_TCP, TCP_REPAIR, NONE, OPTION_UNSET, false},
    {"SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, NONE, OPTION_UNSET, true}, /* IPv6 routes all the same */
    {"SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, NONE, OPTION_UNSET, true}, /* read: SO_GET_FILTER */
    K(SO_ATTACH_BPF, SOL_SOCKET, 50),
    /* It only chooses among sockets, so it may stay on a widened one. */
    {"SO_ATTACH_REUSEPORT_CBPF", SOL_SOCKET, 51, NONE, OPTION_KEEP, false},
    {"SO_ATTACH_REUSEPORT_EBPF", SOL_SOCKET, 52, NONE, OPTION_KEEP, false},
    K(TCP_MD5SIG, IPPROTO_TCP, 14),
    K(TCP_MD5SIG_EXT, IPPROTO_TCP, 32),
    K(TCP_AO_ADD_KEY, IPPROTO_TCP, 38),
    K(IP_IPSEC_POLICY, IPPROTO_IP, 16),
    K(IP_XFRM_POLICY, IPPROTO_IP, 17),

    /* Multicast, for datagrams: a socket that joins a group before bind() is left alone. */
    M(IP_MULTICAST_IF, 32),
    M(IP_ADD_MEMBERSHIP, 35),
    M(IP_BLOCK_SOURCE, 38),
    M(IP_ADD_SOURCE_MEMBERSHIP, 39),
    M(IP_MSFILTER, 41),
    M(MCAST_JOIN_GROUP, 42),
    M(MCAST_BLOCK_SOURCE, 43),
    M(MCAST_JOIN_SOURCE_GROUP, 46),
    M(MCAST_MSFILTER, 48),
    I(IP_MULTICAST_TTL, 33, NONE),
    I(IP_MULTICAST_LOOP, 34, NONE),
    I(IP_MULTICAST_ALL, 49, NONE),

    /* Of IPv4, with the options of IPv6 that mean the same. */
    I(IP_TOS, 1, 67), /* IPV6_TCLASS */
    I(IP_TTL, 2, 16), /* IPV6_UNICAST_HOPS */
    I(IP_RECVOPTS, 6, NONE),
    I(IP_RETOPTS, 7, NONE),
    I(IP_PKTINFO, 8, 2),        /* IPV6_2292PKTINFO: address/reply_source.h */
    I(IP_MTU_DISCOVER, 10, 23), /* IPV6_MTU_DISCOVER */
    I(IP_RECVERR, 11, 25),      /* IPV6_RECVERR */
    I(IP_RECVTTL, 12, 51),      /* IPV6_RECVHOPLIMIT */
    I(IP_RECVTOS, 13, 66),      /* IPV6_RECVTCLASS */
    I(IP_FREEBIND, 15, 78),     /* IPV6_FREEBIND */
    I(IP_PASSSEC, 18, NONE),
    I_STRICT(IP_TRANSPARENT, 19, 75), /* IPV6_TRANSPARENT */
    I(IP_RECVORIGDSTADDR, 20, 74),    /* IPV6_RECVORIGDSTADDR */
    I_STRICT(IP_MINTTL, 21, 73),      /* IPV6_MINHOPCOUNT */
    I(IP_BIND_ADDRESS_NO_PORT, 24, NONE),
    I(IP_RECVFRAGSIZE, 25, 77), /* IPV6_RECVFRAGSIZE */
    I(IP_CHECKSUM, 23, NONE),
    I(IP_RECVERR_RFC4884, 26, 31), /* IPV6_RECVERR_RFC4884 */
    I(IP_UNICAST_IF, 50, 76),      /* IPV6_UNICAST_IF */
    I(IP_LOCAL_PORT_RANGE, 51, NONE),

    /* From here on, options are the same for both families. */
    S(SO_REUSEADDR),
    S(SO_REUSEPORT),
    S(SO_KEEPALIVE),
    S(SO_OOBINLINE),
    S(SO_BROADCAST),
    S(SO_DEBUG),
    {"SO_LINGER", SOL_SOCKET, SO_LINGER, NONE, OPTION_LINGER, false},
    S(SO_RCVTIMEO),
    S(SO_SNDTIMEO),
    S(SO_BINDTODEVICE),
    S(SO_MARK),
    S(SO_PRIORITY), /* IP_TOS changes it (ip(7)): after it */
    /* For TCP SO_RCVLOWAT may enlarge the receive buffer (tcp_set_rcvlowat()): before SO_RCVBUF. */
    S(SO_RCVLOWAT),
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, OPTION_BUFFER, false},
    {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, OPTION_BUFFER, false},
    SN(SO_BUF_LOCK, 72), /* which of the two were set: after them */
    S(SO_TIMESTAMP),
    S(SO_TIMESTAMPNS),
    S(SO_TIMESTAMPING),
    /* Those of programs with a 64-bit time_t on 32-bit machines. */
    SN(SO_TIMESTAMP_NEW, 63),
    SN(SO_TIMESTAMPNS_NEW, 64),
    SN(SO_TIMESTAMPING_NEW, 65),
    SN(SO_NOFCS, 43),
    SN(SO_SELECT_ERR_QUEUE, 45),
    SN(SO_WIFI_STATUS, 41),
    SN(SO_PASSSEC, 34),
    SN(SO_RXQ_OVFL, 40),
    SN(SO_PEEK_OFF, 42),
    SN(SO_BUSY_POLL, 46),
    SN(SO_MAX_PACING_RATE, 47),
    SN(SO_INCOMING_CPU, 49),
    SN(SO_ZEROCOPY, 60),
    SN(SO_TXTIME, 61),
    SN(SO_PREFER_BUSY_POLL, 69),
    SN(SO_BUSY_POLL_BUDGET, 70),
    SN(SO_RESERVE_MEM, 73),
    SN(SO_TXREHASH, 74),
    SN(SO_RCVMARK, 75),
    SN(SO_RCVPRIORITY, 82),

    SN(SO_NO_CHECK, 11),
    U(UDP_CORK, 1),
    {"UDP_ENCAP", IPPROTO_UDP, 100, NONE, OPTION_UNSET, false},
    U(UDP_NO_CHECK6_TX, 101),
    U(UDP_NO_CHECK6_RX, 102),
    U(UDP_SEGMENT, 103),
    U(UDP_GRO, 104),

    T(TCP_NODELAY),
    T(TCP_CORK),
    T(TCP_MAXSEG),
    T(TCP_KEEPIDLE),
    T(TCP_KEEPINTVL),
    T(TCP_KEEPCNT),
    T(TCP_SYNCNT),
    T(TCP_LINGER2),
    T(TCP_DEFER_ACCEPT),
    T(TCP_WINDOW_CLAMP),
    T(TCP_QUICKACK),
    T(TCP_CONGESTION),
    TN(TCP_THIN_LINEAR_TIMEOUTS, 16),
    T(TCP_USER_TIMEOUT),
    T(TCP_FASTOPEN),
    TN(TCP_NOTSENT_LOWAT, 25),
    TN(TCP_SAVE_SYN, 27),
    TN(TCP_FASTOPEN_CONNECT, 30),
    TN(TCP_FASTOPEN_KEY, 33),
    TN(TCP_FASTOPEN_NO_COOKIE, 34),
    TN(TCP_INQ, 36),
    TN(TCP_TX_DELAY, 37),
    TN(TCP_RTO_MAX_MS, 44),
    TN(TCP_RTO_MIN_US, 45),
    TN(TCP_DELACK_MAX_US, 46),
    SN(SO_LOCK_FILTER, 44),

    /* Of IPv6 alone. */
    V(IPV6_V6ONLY, 26),
    V(IPV6_FLOWINFO_SEND, 33),
    V(IPV6_RECVPKTINFO, 49),
    V(IPV6_AUTOFLOWLABEL, 70),
    V(IPV6_ADDR_PREFERENCES, 72),
};
const int options_count = sizeof options / sizeof *options;

/* The index of a row + 1, by level and name; 0: none. */
enum { LEVELS = 5, NAMES = 128 };
static unsigned char places[LEVELS][NAMES];

/* The rows that the process has ever set on any socket; all rows if a socket can have come from elsewhere. */
static _Atomic bool touched[sizeof options / sizeof *options];
static _Atomic bool touched_all, kept_any, owned;

static int level_place(int level)
{
	static const int levels[LEVELS] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6};

	for (int i = 0; i < LEVELS; i++)
		if (levels[i] == level)
			return i;
	return -1;
}

void options_setup(void)
{
	for (int i = options_count - 1; i >= 0; i--) {
		if (options[i].name6 >= 0 && options[i].level == IPPROTO_IP)
			places[LEVELS - 1][options[i].name6] = (unsigned char)(i + 1);
		places[level_place(options[i].level)][options[i].name] = (unsigned char)(i + 1);
	}
	/* The same to the kernel, with a 64-bit time_t on 32-bit machines. */
	places[level_place(SOL_SOCKET)][OPT_SO_RCVTIMEO_NEW] = places[level_place(SOL_SOCKET)][SO_RCVTIMEO];
	places[level_place(SOL_SOCKET)][OPT_SO_SNDTIMEO_NEW] = places[level_place(SOL_SOCKET)][SO_SNDTIMEO];
}

/* The row of LEVEL and NAME, also of IPv6 for IPv4's row, or NULL. */
static const struct option *row_of(int level, int name)
{
	int place = level_place(level);

	if (place < 0 || name < 0 || name >= NAMES || !places[place][name])
		return NULL;
	return &options[places[place][name] - 1];
}

const struct option *options_find(int level, int name)
{
	const struct option *row = row_of(level, name);

	return row && row->level == level &&
		       (row->level == IPPROTO_IP || row->kind == OPTION_UNSET || row->kind == OPTION_KEEP)
		   ? row
		   : NULL;
}

static void touch(int level, int name)
{
	const struct option *row = row_of(level, name);

	if (row)
		atomic_store_explicit(&touched[row - options], true, memory_order_relaxed);
	else
		options_note_all();
	if (row && row->kind == OPTION_KEEP)
		atomic_store_explicit(&kept_any, true, memory_order_relaxed);
}

void options_note(int level, int name)
{
	/* The options that setting another one changes, too. */
	static const int brings[][3] = {{IPPROTO_IP, IP_TOS, SO_PRIORITY},
					{SOL_SOCKET, SO_RCVLOWAT, SO_RCVBUF},
					{SOL_SOCKET, SO_RCVLOWAT, OPT_SO_BUF_LOCK},
					{SOL_SOCKET, SO_RCVBUF, OPT_SO_BUF_LOCK},
					{SOL_SOCKET, SO_SNDBUF, OPT_SO_BUF_LOCK}};

	touch(level, name);
	for (size_t i = 0; i < sizeof brings / sizeof *brings; i++)
		if (brings[i][0] == level && brings[i][1] == name)
			touch(SOL_SOCKET, brings[i][2]);
}

void options_note_all(void)
{
	atomic_store_explicit(&touched_all, true, memory_order_relaxed);
	atomic_store_explicit(&kept_any, true, memory_order_relaxed);
}

bool options_is_touched(const struct option *row)
{
	return atomic_load_explicit(&touched_all, memory_order_relaxed) ||
	       atomic_load_explicit(&touched[row - options], memory_order_relaxed);
}

void options_note_owner(void)
{
	atomic_store_explicit(&owned, true, memory_order_relaxed);
}

bool options_owned(void)
{
	return atomic_load_explicit(&owned, memory_order_relaxed) ||
	       atomic_load_explicit(&touched_all, memory_order_relaxed);
}

bool options_kept(void)
{
	return atomic_load_explicit(&kept_any, memory_order_relaxed);
}

bool options_touched(int level, int name)
{
	const struct option *row = row_of(level, name);

	return row ? options_is_touched(row) : atomic_load_explicit(&touched_all, memory_order_relaxed);
}
