/* Each slot of the table is a seqlock, as in synthetic.c: SEQ is even while the slot is at rest, and odd
 * while a thread writes it. Other threads skip a slot with an odd SEQ. */
#define _GNU_SOURCE
#include "address/reply_source.h"

#include <errno.h>
#include <net/if.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include "address/message.h"
#include "base/clock.h"
#include "base/large.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "config/config.h"
#include "socket/facts.h"
#include "socket/mark.h"

/* A socket, its peer, and the address that the peer asked, or :: if that can't be a source, such as a group.
 * IPv4 addresses are V4MAPPED. PORT has the scope, too. INTERFACE is that of a link-local address, else 0. */
enum { MARK, HIGH, LOW, PORT, LOCAL_HIGH, LOCAL_LOW, INTERFACE, WORDS, KEY = LOCAL_HIGH };
struct entry {
	uint64_t words[WORDS];
};

struct slot {
	_Atomic uint32_t seq;
	_Atomic uint32_t used; /* clock_coarse_ms() when last noted */
	_Atomic uint64_t words[WORDS];
};

LARGE static struct slot table[REPLY_SOURCE_MOST];

static struct entry entry_of(const struct sockaddr_in6 *peer)
{
	struct entry e = {.words = {[PORT] = (uint64_t)peer->sin6_scope_id << 16 | peer->sin6_port}};

	memcpy(&e.words[HIGH], peer->sin6_addr.s6_addr, 8);
	memcpy(&e.words[LOW], peer->sin6_addr.s6_addr + 8, 8);
	return e;
}

/* The slots where a peer can be. A product of sums with a secret suffices as the hash: nobody sees which
 * peers share a set, and if they collide, the kernel chooses. */
static struct slot *set_of(const struct entry *e)
{
	uint64_t mixed = (e->words[HIGH] + config.key.k0) * (e->words[LOW] + (config.key.k1 | 1));

	mixed = ((mixed ^ mixed >> 32) + e->words[PORT]) * 0x9e3779b97f4a7c15;
	return &table[(mixed >> 32) % (REPLY_SOURCE_MOST / REPLY_SOURCE_WAYS) * REPLY_SOURCE_WAYS];
}

/* Reads a slot whole. Returns false if it is empty or changes meanwhile. */
static bool read_slot(struct slot *s, struct entry *e)
{
	uint32_t seq = atomic_load_explicit(&s->seq, memory_order_acquire);

	if (seq == 0 || seq & 1)
		return false;
	for (int i = 0; i < WORDS; i++)
		e->words[i] = atomic_load_explicit(&s->words[i], memory_order_acquire);
	return atomic_load_explicit(&s->seq, memory_order_relaxed) == seq;
}

static void write_slot(struct slot *s, const struct entry *e)
{
	uint32_t seq = atomic_load_explicit(&s->seq, memory_order_relaxed);

	if (seq & 1 || !atomic_compare_exchange_strong(&s->seq, &seq, seq | 1))
		return;
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(&s->words[i], e->words[i], memory_order_release);
	atomic_store_explicit(&s->seq, seq + 2, memory_order_release);
}

static _Atomic bool expected;

bool reply_source_expected(void)
{
	return config.inherited || atomic_load_explicit(&expected, memory_order_relaxed);
}

void reply_source_expect(void)
{
	atomic_store_explicit(&expected, true, memory_order_relaxed);
}

void reply_source_ask(int fd)
{
	int saved = errno;

	(void)socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	reply_source_expect();
	errno = saved;
}

void reply_source_ask_as_is(int fd, unsigned mark)
{
	static _Atomic unsigned asked;

	if (atomic_exchange_explicit(&asked, mark, memory_order_relaxed) != mark)
		reply_source_ask(fd);
}

/* The slot of SET for KEY's peer, read into HELD; NULL if there is none. FROM is MARK for KEY's socket, HIGH
 * for any. */
static struct slot *find(struct slot *set, const struct entry *key, int from, struct entry *held)
{
	for (int i = 0; i < REPLY_SOURCE_WAYS; i++) {
		int n = from;

		if (atomic_load_explicit(&set[i].words[LOW], memory_order_relaxed) != key->words[LOW] ||
		    !read_slot(&set[i], held))
			continue;
		while (n < KEY && held->words[n] == key->words[n])
			n++;
		if (n == KEY)
			return &set[i];
	}
	return NULL;
}

/* The slot of SET for KEY's peer that was noted last, by whichever socket, read into HELD; NULL if there is
 * none. */
static struct slot *find_latest(struct slot *set, const struct entry *key, struct entry *held)
{
	uint32_t now = (uint32_t)clock_coarse_ms();
	struct slot *best = NULL;
	struct entry e;

	for (struct slot *s = set; s < set + REPLY_SOURCE_WAYS; s++) {
		if (!read_slot(s, &e) ||
		    memcmp(&e.words[HIGH], &key->words[HIGH], sizeof(uint64_t) * (KEY - HIGH)) != 0 ||
		    (best && now - atomic_load_explicit(&s->used, memory_order_relaxed) >
				 now - atomic_load_explicit(&best->used, memory_order_relaxed)))
			continue;
		best = s;
		*held = e;
	}
	return best;
}

/* An empty slot of SET, or the one that was noted longest ago. */
static struct slot *oldest(struct slot *set)
{
	uint32_t now = (uint32_t)clock_coarse_ms();
	struct slot *best = set;

	for (struct slot *s = set; s < set + REPLY_SOURCE_WAYS; s++) {
		if (atomic_load_explicit(&s->seq, memory_order_relaxed) == 0)
			return s;
		if (now - atomic_load_explicit(&s->used, memory_order_relaxed) >
		    now - atomic_load_explicit(&best->used, memory_order_relaxed))
			best = s;
	}
	return best;
}

enum { MOST_INTERFACES = 16 };

static bool is_loopback(in_addr_t addr)
{
	return ntohl(addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/* The only address of this host beside the loopback ones, or INADDR_ANY (netdevice(7), SIOCGIFCONF). */
static in_addr_t ask_interfaces(int fd)
{
	struct ifreq all[MOST_INTERFACES];
	struct ifconf list = {.ifc_len = sizeof all, .ifc_req = all};
	in_addr_t only = INADDR_ANY;
	int saved = errno, failed = real.ioctl(fd, SIOCGIFCONF, &list) != 0;

	errno = saved;
	/* If the list is full, there may be more. */
	if (failed || list.ifc_len >= (int)sizeof all)
		return INADDR_ANY;
	for (int i = 0; i < list.ifc_len / (int)sizeof *all; i++) {
		struct sockaddr_in in;

		/* cppcheck-suppress uninitvar ; the kernel has written it */
		memcpy(&in, &all[i].ifr_addr, sizeof in);
		if (is_loopback(in.sin_addr.s_addr))
			continue;
		if (only != INADDR_ANY && only != in.sin_addr.s_addr)
			return INADDR_ANY;
		only = in.sin_addr.s_addr;
	}
	return only;
}

/* The second of the last question, and the answer. */
static _Atomic uint64_t only_known;

static in_addr_t only_address(int fd)
{
	uint64_t second = clock_coarse_ms() / 1000 + 1,
		 held = atomic_load_explicit(&only_known, memory_order_relaxed);

	if (held >> 32 != (uint32_t)second) {
		held = second << 32 | ask_interfaces(fd);
		atomic_store_explicit(&only_known, held, memory_order_relaxed);
	}
	return (in_addr_t)held;
}

/* Whether the kernel sends from LOCAL to PEER for certain: LOCAL is the only address of this host, or both
 * are loopback addresses. Then an answer needs no control message, which costs as much as a system call. The
 * host's addresses are asked for once a second at most, by the socket FD. */
static bool usual_source(int fd, in_addr_t local, in_addr_t peer)
{
	/* "ip route show table local": 127.0.0.0/8 has the source 127.0.0.1. */
	if (is_loopback(peer))
		return local == htonl(INADDR_LOOPBACK);
	return local == only_address(fd);
}

/* Whether an IPv4 peer was ever noted. */
static _Atomic bool any_in4;

/* Whether answers to PEER are sent from LOCAL, and not from where the kernel chooses. It refuses a group as a
 * source, and 255.255.255.255. */
static bool has_to_be_set(int fd, const struct in6_addr *local, const struct in6_addr *peer)
{
	in_addr_t in;

	if (!IN6_IS_ADDR_V4MAPPED(local))
		return !IN6_IS_ADDR_MULTICAST(local);
	in = local->s6_addr32[3];
	if (ntohl(in) >= INADDR_UNSPEC_GROUP || usual_source(fd, in, peer->s6_addr32[3]))
		return false;
	atomic_store_explicit(&any_in4, true, memory_order_relaxed);
	return true;
}

bool reply_source_note(int fd, unsigned mark, const struct msghdr *kernel)
{
	const union sockaddr_any *peer = kernel->msg_name;
	struct in6_pktinfo local;
	struct entry e, held;
	struct slot *set, *slot;
	bool is_set;

	if (!mark || !peer || !sockaddr_is_in6(&peer->any, kernel->msg_namelen) ||
	    !message_has(kernel, IPPROTO_IPV6, IPV6_PKTINFO, &local, sizeof local))
		return false;
	/* An IPv4 one for a program that has asked for IP_PKTINFO: it sets the source itself. The interfaces,
	 * for which usual_source() asks, are no concern then. A filter may kill for the question (chronyd -F
	 * 1). */
	if (IN6_IS_ADDR_V4MAPPED(&local.ipi6_addr) && message_has(kernel, IPPROTO_IP, IP_PKTINFO, NULL, 0))
		return true;
	is_set = has_to_be_set(fd, &local.ipi6_addr, &peer->in6.sin6_addr);
	e = entry_of(&peer->in6);
	e.words[MARK] = mark;
	if (is_set) {
		memcpy(&e.words[LOCAL_HIGH], local.ipi6_addr.s6_addr, 16);
		e.words[INTERFACE] = IN6_IS_ADDR_LINKLOCAL(&local.ipi6_addr) ? local.ipi6_ifindex : 0;
	}
	set = set_of(&e);
	slot = find(set, &e, MARK, &held);
	if (!slot && !is_set)
		return true;
	if (!slot || memcmp(&held, &e, sizeof e) != 0) {
		slot = slot ? slot : oldest(set);
		write_slot(slot, &e);
	}
	atomic_store_explicit(&slot->used, (uint32_t)clock_coarse_ms(), memory_order_relaxed);
	return true;
}

/* Mark and address. */
enum { FIXED_MOST = 64 };
LARGE static _Atomic uint64_t fixed[FIXED_MOST];
static _Atomic unsigned fixed_count;

void reply_source_fix(unsigned mark, struct in_addr local)
{
	unsigned at = atomic_fetch_add_explicit(&fixed_count, 1, memory_order_relaxed) % FIXED_MOST;

	atomic_store_explicit(&fixed[at], (uint64_t)mark << 32 | local.s_addr, memory_order_relaxed);
}

bool reply_source_is_fixed(void)
{
	return atomic_load_explicit(&fixed_count, memory_order_relaxed) != 0;
}

/* On an AF_INET6 socket, ip_cmsg_send() takes a V4MAPPED IPV6_PKTINFO. */
static bool fixed_of(int fd, struct in6_pktinfo *local)
{
	unsigned mark = reply_source_is_fixed() ? mark_datagram(fd) : 0;

	for (int i = 0; mark && i < FIXED_MOST; i++) {
		uint64_t entry = atomic_load_explicit(&fixed[i], memory_order_relaxed);

		if (entry >> 32 != mark)
			continue;
		*local = (struct in6_pktinfo){.ipi6_addr = sockaddr_mapped((in_addr_t)entry)};
		return true;
	}
	return false;
}

/* Whether the peer TO, of which SLOT knows, has been silent for so long that the kernel chooses. */
static bool is_over(const struct slot *slot, const struct sockaddr_in6 *to)
{
	return IN6_IS_ADDR_V4MAPPED(&to->sin6_addr) &&
	       (uint32_t)clock_coarse_ms() - atomic_load_explicit(&slot->used, memory_order_relaxed) >
		   REPLY_SOURCE_IPV4_MS;
}

bool reply_source_in4(void)
{
	return reply_source_is_fixed() || atomic_load_explicit(&any_in4, memory_order_relaxed);
}

bool reply_source_of(int fd, const struct sockaddr_in6 *to, struct in6_pktinfo *local)
{
	struct entry e, held;
	struct slot *set, *slot;

	if (IN6_IS_ADDR_V4MAPPED(&to->sin6_addr) && fixed_of(fd, local))
		return true;
	e = entry_of(to);
	set = set_of(&e);
	/* The socket matters only if the peer is in the table. */
	slot = find(set, &e, HIGH, &held);
	e.words[MARK] = slot ? mark_datagram_lately(fd) : 0;
	if (!e.words[MARK])
		return false;
	if (held.words[MARK] != e.words[MARK]) {
		slot = find(set, &e, MARK, &held);
		slot = slot ? slot : find_latest(set, &e, &held);
	}
	if (!slot || (held.words[LOCAL_HIGH] | held.words[LOCAL_LOW]) == 0 || is_over(slot, to))
		return false;
	memcpy(local->ipi6_addr.s6_addr, &held.words[LOCAL_HIGH], 16);
	local->ipi6_ifindex = (unsigned)held.words[INTERFACE];
	return true;
}
