/* Carrying options from one socket to another. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/real.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

/* Room for the longest: a name of an interface or congestion control, or a Fast Open key and its backup. */
struct value {
	socklen_t len;
	unsigned char bytes[64];
};

/* Reads one option; length 0 means that the kernel does not have it. Returns 0, or a negative errno if it
 * can't be read. */
static int get(int fd, const struct option *row, struct value *v)
{
	unsigned number;
	int result = 0;

	memset(v, 0, sizeof *v);
	v->len = sizeof v->bytes;
	/* SO_GET_FILTER counts instructions, and with a length of 0 only returns their number. */
	if (row->level == SOL_SOCKET && row->name == SO_ATTACH_FILTER) {
		v->len = 0;
		/* The filter is the library's, too. */
		if (mark_test_datagram(fd))
			return 0;
	}
	if (real.getsockopt(fd, row->level, row->name, v->bytes, &v->len) != 0) {
		result = errno == ENOPROTOOPT || errno == EOPNOTSUPP ? 0 : -errno;
		v->len = 0;
	}
	/* The mark is not the program's setting: the program sees the default. */
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
	/* Above net.core.rmem_max, only SO_RCVBUFFORCE works, as the program has used it. */
	result = set(fd, row->level, row->name6, &size, sizeof size);
	return result ? set(fd, row->level, row->name, &size, sizeof size) : 0;
}

/* The kernel takes a time only when it switches SO_LINGER on, and keeps it when it switches it off. */
static int write_linger(int fd, const struct option *row, const struct value *v)
{
	struct linger on;
	int result;

	memcpy(&on, v->bytes, sizeof on);
	on.l_onoff = 1;
	result = set(fd, row->level, row->name, &on, sizeof on);
	return result ? result : set(fd, row->level, row->name, v->bytes, v->len);
}

static int write_one(int fd, const struct option *row, const struct value *v, int family)
{
	int result;

	if (row->kind == OPTION_UNSET)
		return -EOPNOTSUPP;
	if (row->kind == OPTION_BUFFER)
		return write_buffer(fd, row, v);
	if (row->kind == OPTION_LINGER)
		return write_linger(fd, row, v);
	result = set(fd, row->level, row->name, v->bytes, v->len);
	if (result || family != AF_INET6 || row->name6 < 0)
		return result;
	result = set(fd, IPPROTO_IPV6, row->name6, v->bytes, v->len);
	/* MPTCP has IP_TOS, but no IPV6_TCLASS. */
	return result == -EOPNOTSUPP && !row->strict ? 0 : result;
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

/* On IPv6 sockets, the settings for the two families may differ. */
static int carry_in6(int from, int to, const struct option *row)
{
	struct option own = *row;

	if (row->level == IPPROTO_IP && row->name6 < 0)
		return 0;
	if (row->level == IPPROTO_IP) {
		own.level = IPPROTO_IPV6;
		own.name = row->name6;
		own.name6 = -1;
	}
	return own.level == IPPROTO_IPV6 ? carry_row(from, to, &own, AF_INET6) : 0;
}

static int carry_options(int from, int to, int family, const char **missed)
{
	bool in6 = false, asked = family != AF_INET6;
	int result = 0;

	for (int i = 0; i < options_count && !result; i++) {
		const struct option *row = &options[i];

		if (row->kind == OPTION_KEEP || !options_is_touched(row))
			continue;
		*missed = row->text;
		if (!asked)
			in6 = socket_option(from, SO_DOMAIN) == AF_INET6;
		asked = true;
		if (row->level != IPPROTO_IPV6)
			result = carry_row(from, to, row, in6 ? AF_INET : family);
		if (result == 0 && in6)
			result = carry_in6(from, to, row);
	}
	return result;
}

/* A socket has an owner: firewalls match it, and SO_REUSEPORT compares it, so that bind() may fail. A process
 * that has dropped its privileges since can't set it, which does no harm. */
static void carry_owner(int from, int to)
{
	struct stat was, is;

	if (fstat(from, &was) == 0 && fstat(to, &is) == 0 &&
	    (was.st_uid != is.st_uid || was.st_gid != is.st_gid))
		(void)!fchown(to, was.st_uid, was.st_gid);
}

int options_carry(int from, int to, int family, const char **missed)
{
	/* A daemon may have changed its own namespace since. */
	int result = socket_same_namespace(from, to);

	*missed = "SO_NETNS_COOKIE";
	if (!result && options_kept() && mark_kept(from)) {
		*missed = "an option that can't be read back";
		result = -EOPNOTSUPP;
	}
	if (!result)
		result = carry_options(from, to, family, missed);
	if (!result)
		carry_owner(from, to);
	return result;
}

int options_mirror(int fd, const struct option *row, const void *value, socklen_t len)
{
	int number = 0, result;

	if (row->name6 < 0 || row->level != IPPROTO_IP)
		return 0;
	/* IPv4 accepts one byte, or no byte for 0 (do_ip_setsockopt()); IPv6 requires an int. */
	if (len >= sizeof number)
		memcpy(&number, value, sizeof number);
	else if (len > 0)
		number = *(const unsigned char *)value;
	result = set(fd, IPPROTO_IPV6, row->name6, &number, sizeof number);
	return row->strict ? result : 0;
}
