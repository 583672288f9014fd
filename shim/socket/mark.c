#include "socket/mark.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>

#include "socket/facts.h"
#include "socket/options.h"

#define OPT_IP_LOCAL_PORT_RANGE 51

/* IPV6_MULTICAST_ALL and IP_MULTICAST_ALL (both 1 by default) say which multicast datagrams a socket gets.
 * They mean nothing to a TCP socket. MPTCP refuses both; its mark is IP_LOCAL_PORT_RANGE (Linux 6.3), which
 * means nothing to a socket that has its port. No program sets the range from port 46 to port 46. A
 * connection from a plain TCP client to an MPTCP listener is a TCP socket that has inherited that range. */
#define MPTCP_MARK (46u << 16 | 46u)

/* For datagram sockets both options matter. SO_RCVLOWAT does not (datagram_poll() ignores it), and accepts
 * any number. Its lower bits are those of the socket's cookie. */
#define DATAGRAM_MARK 0x44000000u
#define DATAGRAM_OWN 0x007fffffu
#define DATAGRAM_KEPT 0x45753434u

static _Atomic bool expected, serves;

/* The mark of the one marked datagram socket of this process; 0: there is none. */
enum { SEVERAL = 1 };
static _Atomic unsigned only_datagram;

_Atomic int mark_lately_fd = -1;

/* A bit for each descriptor that had no mark when that was last read. If a raw system call makes it the
 * marked socket, its datagrams are still translated; only the destination of the first is not known. */
enum { PLAIN_MOST = 1024, PLAIN_BITS = 32 };
static _Atomic unsigned plain[PLAIN_MOST / PLAIN_BITS];

static bool is_plain(int fd)
{
	return fd >= 0 && fd < PLAIN_MOST &&
	       atomic_load_explicit(&plain[fd / PLAIN_BITS], memory_order_relaxed) >> fd % PLAIN_BITS & 1;
}

static void note(int fd, bool marked)
{
	if (marked)
		atomic_store_explicit(&mark_lately_fd, fd, memory_order_relaxed);
	else if (fd >= 0 && fd < PLAIN_MOST)
		atomic_fetch_or(&plain[fd / PLAIN_BITS], 1u << fd % PLAIN_BITS);
}

void mark_stale(int fd)
{
	mark_closing(fd, fd);
	if (is_plain(fd))
		atomic_fetch_and(&plain[fd / PLAIN_BITS], ~(1u << fd % PLAIN_BITS));
}

void mark_stale_all(void)
{
	mark_closing(0, INT_MAX);
	for (int i = 0; i < PLAIN_MOST / PLAIN_BITS; i++)
		atomic_store_explicit(&plain[i], 0, memory_order_relaxed);
}

void mark_expect(void)
{
	atomic_store_explicit(&expected, true, memory_order_relaxed);
}

void mark_note_server(void)
{
	atomic_store_explicit(&serves, true, memory_order_relaxed);
}

bool mark_serves(void)
{
	return atomic_load_explicit(&serves, memory_order_relaxed);
}

void mark_expect_foreign(void)
{
	mark_expect();
	mark_note_server();
	mark_stale_all();
	atomic_store_explicit(&only_datagram, SEVERAL, memory_order_relaxed);
}

void mark_forget(void)
{
	atomic_store_explicit(&expected, false, memory_order_relaxed);
	atomic_store_explicit(&serves, false, memory_order_relaxed);
	atomic_store_explicit(&only_datagram, 0, memory_order_relaxed);
}

/* Whether VALUE is the mark of a datagram socket. */
static bool is_datagram_mark(unsigned value)
{
	return (value & ~(DATAGRAM_OWN | MARK_AS_IS)) == DATAGRAM_MARK;
}

bool mark_expected(void)
{
	return atomic_load_explicit(&expected, memory_order_relaxed);
}

/* As socket_int(), and leaves errno alone. */
static int get(int fd, int level, int name)
{
	int saved = errno, value = socket_int(fd, level, name);

	errno = saved;
	return value;
}

static int set(int fd, int level, int name, int value)
{
	int saved = errno, result = socket_set(fd, level, name, value);

	errno = saved;
	return result;
}

bool mark_is_value(int level, int name, unsigned value)
{
	if (level == IPPROTO_IP && name == OPT_IP_LOCAL_PORT_RANGE)
		return value == MPTCP_MARK;
	if (level == SOL_SOCKET && name == SO_RCVLOWAT)
		return is_datagram_mark(value) || value == DATAGRAM_KEPT;
	return false;
}

bool mark_hides(int fd, int level, int name, int *shown)
{
	*shown = level == SOL_SOCKET;
	return ((level == SOL_SOCKET && name == SO_RCVLOWAT) ||
		(level == IPPROTO_IP && name == OPT_IP_LOCAL_PORT_RANGE)) &&
	       mark_is_value(level, name, (unsigned)get(fd, level, name));
}

static int set_datagram(int fd, unsigned kind)
{
	int saved = errno, result;
	unsigned value = kind | ((unsigned)socket_cookie(fd) & DATAGRAM_OWN), none = 0;

	if (!atomic_compare_exchange_strong(&only_datagram, &none, value))
		atomic_store_explicit(&only_datagram, SEVERAL, memory_order_relaxed);
	errno = saved;
	result = set(fd, SOL_SOCKET, SO_RCVLOWAT, (int)value);
	mark_stale_all();
	return result;
}

int mark_set_as_is(int fd)
{
	return set_datagram(fd, DATAGRAM_MARK | MARK_AS_IS);
}

int mark_set(int fd, int protocol)
{
	int result;

	mark_expect();
	switch (protocol) {
	case IPPROTO_TCP:
		result = set(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL, 0);
		/* A sandbox may forbid to read it. */
		return result == 0 && get(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL) != 0 ? -EPERM : result;
	case IPPROTO_UDP:
		return set_datagram(fd, DATAGRAM_MARK);
	default:
		if (get(fd, IPPROTO_IP, OPT_IP_LOCAL_PORT_RANGE) > 0)
			return -EBUSY;
		return set(fd, IPPROTO_IP, OPT_IP_LOCAL_PORT_RANGE, MPTCP_MARK);
	}
}

static unsigned read_datagram(int fd)
{
	unsigned value = mark_expected() ? (unsigned)get(fd, SOL_SOCKET, SO_RCVLOWAT) : 0;

	return is_datagram_mark(value) ? value : 0;
}

unsigned mark_datagram(int fd)
{
	unsigned mark = read_datagram(fd);

	return mark_translates(mark) ? mark : 0;
}

unsigned mark_datagram_lately(int fd)
{
	unsigned only = atomic_load_explicit(&only_datagram, memory_order_relaxed), mark;

	if (is_plain(fd))
		return 0;
	/* With IPV6_RECVPKTINFO, a socket that has got the descriptor unseen would look like the marked one.
	 */
	if (fd == atomic_load_explicit(&mark_lately_fd, memory_order_relaxed) && only != SEVERAL &&
	    !options_touched(IPPROTO_IPV6, IPV6_RECVPKTINFO))
		return only;
	mark = read_datagram(fd);
	note(fd, mark != 0);
	return mark;
}

bool mark_test_datagram(int fd)
{
	return mark_datagram(fd) != 0;
}

/* Whether a sandbox forbids reading the option of FD, which is a socket and may have it. If not, errno says
 * why it can't be read. */
static bool forbidden(int fd, int level, int name)
{
	errno = 0;
	return socket_int(fd, level, name) < 0 && errno != ENOTSOCK && errno != EBADF &&
	       errno != ENOPROTOOPT && errno != EOPNOTSUPP;
}

static bool hidden(int fd, bool datagram)
{
	int saved = errno;
	bool result = mark_expected() &&
		      (forbidden(fd, SOL_SOCKET, SO_RCVLOWAT) ||
		       (!datagram && errno == 0 && forbidden(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL)));

	errno = saved;
	return result;
}

bool mark_test_receiver(int fd, socklen_t room, unsigned *mark)
{
	*mark = mark_datagram(fd);
	return *mark || (room < SIN6_LEN_RFC2133 && hidden(fd, true));
}

bool mark_hidden(int fd)
{
	return hidden(fd, false);
}

bool mark_assume(int fd, socklen_t room)
{
	if (!mark_expected())
		return false;
	return get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET || (room < SIN6_LEN_RFC2133 && mark_hidden(fd));
}

/* Whether the process may have a listener of its own in AF_INET6. */
static _Atomic bool has_in6;

void mark_note_in6(void)
{
	atomic_store_explicit(&has_in6, true, memory_order_relaxed);
}

bool mark_assume_accepted(int fd, socklen_t room)
{
	return mark_assume(fd, atomic_load_explicit(&has_in6, memory_order_relaxed) ? room : 0);
}

bool mark_test_stream(int fd)
{
	if (!mark_expected())
		return false;
	if (get(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL) == 0)
		return true;
	/* MPTCP's mark outlives IPV6_ADDRFORM. */
	return (unsigned)get(fd, IPPROTO_IP, OPT_IP_LOCAL_PORT_RANGE) == MPTCP_MARK &&
	       get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6;
}

/* A program that knows IPv6 itself may set IPV6_MULTICAST_ALL for a datagram socket, where it means
 * something, and SO_RCVLOWAT for a stream. */
enum mark mark_test(int fd)
{
	if (!mark_expected())
		return MARK_NONE;
	/* No datagram socket is marked. Only MPTCP needs more calls. */
	if (atomic_load_explicit(&only_datagram, memory_order_relaxed) == 0 &&
	    !options_touched(IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL))
		return mark_test_stream(fd) ? MARK_STREAM : MARK_NONE;
	switch (get(fd, SOL_SOCKET, SO_TYPE)) {
	case SOCK_DGRAM:
		return mark_test_datagram(fd) ? MARK_DATAGRAM : MARK_NONE;
	case SOCK_STREAM:
		return mark_test_stream(fd) ? MARK_STREAM : MARK_NONE;
	default:
		return MARK_NONE;
	}
}

/* IPV6_MULTICAST_ALL means nothing on the program's own TCP socket, but would look like the mark. The filter
 * of a marked datagram socket is the library's (spoof_filter.h): a socket with the program's filter is
 * narrowed. SO_RCVLOWAT means nothing on a datagram socket, nor IP_LOCAL_PORT_RANGE on a socket that has its
 * port. */
bool mark_guards(int fd, int level, int name)
{
	int shown;

	if (level == IPPROTO_IPV6 && name == OPT_IPV6_MULTICAST_ALL)
		return get(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM &&
		       get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6;
	if (level == SOL_SOCKET && name == SO_DETACH_FILTER)
		return mark_test_datagram(fd);
	return mark_hides(fd, level, name, &shown);
}

/* On an AF_INET6 socket, IP_MULTICAST_ALL has another default, and IPV6_MULTICAST_ALL is the mark. So
 * IPV6_MULTICAST_LOOP (1 by default) is used there, which means nothing to a TCP socket either. */
int mark_keep(int fd)
{
	bool in6 = get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6;

	switch (get(fd, SOL_SOCKET, SO_TYPE)) {
	case SOCK_STREAM:
		return in6 ? set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
			   : set(fd, IPPROTO_IP, OPT_IP_MULTICAST_ALL, 0);
	case SOCK_DGRAM:
		return in6 ? 0 : set(fd, SOL_SOCKET, SO_RCVLOWAT, DATAGRAM_KEPT);
	default:
		return 0;
	}
}

bool mark_kept(int fd)
{
	if (get(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM)
		return (unsigned)get(fd, SOL_SOCKET, SO_RCVLOWAT) == DATAGRAM_KEPT;
	if (get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6)
		return get(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP) == 0;
	return get(fd, IPPROTO_IP, OPT_IP_MULTICAST_ALL) == 0;
}
