#define _GNU_SOURCE
#include "tool/status/status.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "socket/facts.h"
#include "socket/mark.h"
#include "tool/keep.h"

/* musl has no functions for them, and older versions no numbers. These hold for all architectures but alpha.
 */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* Can others reach a program through FD? A UDP socket that has a peer is a client's. */
static bool serves(int fd)
{
	int domain = socket_option(fd, SO_DOMAIN);
	union sockaddr_any peer;

	if (domain != AF_INET && domain != AF_INET6)
		return false;
	switch (socket_protocol(fd)) {
	case IPPROTO_TCP:
	case IPPROTO_MPTCP:
		return socket_option(fd, SO_ACCEPTCONN) == 1;
	case IPPROTO_UDP:
		return !socket_peer(fd, &peer);
	default:
		return false;
	}
}

static void read_address(int fd, struct sockets_one *s)
{
	struct connections *c = &s->served;
	bool any, mapped;

	memset(&s->bound, 0, sizeof s->bound);
	*c = (struct connections){.address = IN6ADDR_ANY_INIT};
	if (!socket_name(fd, &s->bound))
		return;
	if (s->bound.any.sa_family == AF_INET) {
		c->port = ntohs(s->bound.in.sin_port);
		c->in4 = true;
		if (s->bound.in.sin_addr.s_addr == INADDR_ANY)
			return;
		c->address = sockaddr_mapped(s->bound.in.sin_addr.s_addr);
		return;
	}
	c->port = ntohs(s->bound.in6.sin6_port);
	c->address = s->bound.in6.sin6_addr;
	any = IN6_IS_ADDR_UNSPECIFIED(&c->address);
	mapped = IN6_IS_ADDR_V4MAPPED(&c->address);
	c->in4 = mapped || (any && socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0);
	c->in6 = !mapped;
}

static struct sockets_one *find(struct sockets *found, uint64_t cookie)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].cookie == cookie)
			return &found->list[i];
	return NULL;
}

/* Notes FD, a copy of the process's descriptor. */
static void take(int fd, pid_t pid, size_t process, struct sockets *found)
{
	struct sockets_one one = {.process = process, .last = process, .cookie = socket_cookie(fd)}, *known;
	struct stat netns;
	char path[64];

	if (!one.cookie || !serves(fd))
		return;
	known = find(found, one.cookie);
	if (known) {
		found->has_widened |= known->widened;
		known->others += known->last != process;
		known->last = process;
		return;
	}
	one.protocol = socket_protocol(fd);
	one.widened = mark_test(fd) != MARK_NONE;
	read_address(fd, &one);
	if (!one.served.port)
		return;
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	one.netns = stat(path, &netns) == 0 ? netns.st_ino : 0;
	found->has_widened |= one.widened;
	found->has_ipv4_any |=
	    one.protocol != IPPROTO_UDP && !one.served.in6 && IN6_IS_ADDR_UNSPECIFIED(&one.served.address);
	found->list = keep_grow(found->list, found->count, sizeof *found->list);
	found->list[found->count++] = one;
}

static bool is_socket(int directory, const char *name)
{
	char target[32];
	ssize_t size = readlinkat(directory, name, target, sizeof target);

	return size > 7 && memcmp(target, "socket:", 7) == 0;
}

static int take_all(DIR *directory, int pidfd, pid_t pid, size_t process, struct sockets *found)
{
	const struct dirent *name;

	while ((name = readdir(directory)) != NULL) {
		int fd;

		if (!isdigit((unsigned char)name->d_name[0]) || !is_socket(dirfd(directory), name->d_name))
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)strtol(name->d_name, NULL, 10), 0);
		if (fd >= 0) {
			take(fd, pid, process, found);
			close(fd);
		} else if (errno == EPERM || errno == EACCES) {
			return -EPERM;
		} else if (errno == ENOSYS) {
			return -ENOSYS;
		}
	}
	return 0;
}

int sockets_of(pid_t pid, size_t process, struct sockets *found)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), result;
	DIR *directory;
	char path[64];

	found->has_widened = found->has_ipv4_any = false;
	if (pidfd < 0)
		return errno == ENOSYS || errno == EPERM ? -errno : -ESRCH;
	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	if (directory) {
		result = take_all(directory, pidfd, pid, process, found);
		closedir(directory);
	} else {
		result = errno == EACCES || errno == EPERM ? -EPERM : -ESRCH;
	}
	close(pidfd);
	return result;
}

/* The lists of a namespace are read once for all of its sockets. */
void sockets_count(const pid_t *pids, struct sockets *found)
{
	for (size_t first = 0; first < found->count; first++) {
		size_t i = 0;

		while (found->list[i].netns != found->list[first].netns)
			i++;
		if (i == first)
			connections_count(pids[found->list[first].process], found->list[first].netns, found);
	}
}
