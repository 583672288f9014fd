#define _GNU_SOURCE
#include "socket/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/real.h"
#include "base/sys.h"
#include "socket/mark.h"

enum { MOST_NUMBERS = 65536, BLOCK = 64 };

/* getdents64(2): opendir(3) allocates, so it is not async-signal-safe. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static int number_of(const char *name)
{
	int number = 0;

	if (*name < '0' || *name > '9')
		return -1;
	for (; *name >= '0' && *name <= '9'; name++)
		number = number * 10 + (*name - '0');
	return number;
}

/* The numbers from FIRST on, by one system call; FDS has room for COUNT. */
static int each_of(struct pollfd *fds, int first, int count, int (*visit)(int fd, void *arg), void *arg)
{
	bool told;
	int result = 0;

	for (int i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = first + i};
	/* Fails if COUNT is above the limit on open files (poll(2)). */
	told = sys_poll(fds, (unsigned)count) >= 0;
	for (int i = 0; i < count && !result; i++)
		if (told ? !(fds[i].revents & POLLNVAL) : sys_fcntl(first + i, F_GETFD, 0) >= 0)
			result = visit(first + i, arg);
	return result;
}

static int each_number(int (*visit)(int fd, void *arg), void *arg)
{
	struct pollfd fds[BLOCK];
	struct rlimit limit;
	int most = MOST_NUMBERS, result = 0;

	/* EMFILE: the program may have lowered the limit below numbers that are open. */
	if (errno != EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < MOST_NUMBERS)
		most = (int)limit.rlim_cur;
	for (int fd = 0; fd < most && !result; fd += BLOCK)
		result = each_of(fds, fd, BLOCK, visit, arg);
	return result;
}

int descriptors_each(int (*visit)(int fd, void *arg), void *arg)
{
	/* The thread's descriptors: after unshare(CLONE_FILES) it has its own. */
	int dir = sys_open("/proc/thread-self/fd", O_RDONLY | O_DIRECTORY, 0), result = 0;
	_Alignas(struct entry) char buffer[512];
	long size = -1;

	while (dir >= 0 && !result && (size = syscall(SYS_getdents64, dir, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < size && !result;) {
			const struct entry *e = (const struct entry *)(const void *)(buffer + at);
			int fd = number_of(e->name);

			if (fd >= 0 && fd != dir)
				result = visit(fd, arg);
			at += e->size;
		}
	}
	if (dir >= 0)
		sys_close(dir);
	return size < 0 ? each_number(visit, arg) : result;
}

int descriptors_each_low(int (*visit)(int fd, void *arg), void *arg)
{
	struct pollfd fds[DESCRIPTORS_LOW];

	return each_of(fds, 0, DESCRIPTORS_LOW, visit, arg);
}

static int is_inherited(int fd, void *arg)
{
	const bool *cloexec_too = arg;
	int flags = sys_fcntl(fd, F_GETFD, 0);

	/* If a descriptor's flags can't be read, it counts as inherited and marked. */
	if (flags < 0 ? errno == EBADF : !*cloexec_too && flags & FD_CLOEXEC)
		return 0;
	return mark_test(fd) != MARK_NONE || mark_hidden(fd);
}

bool descriptors_inherit_mark(bool cloexec_too)
{
	int saved = errno;
	bool result = descriptors_each(is_inherited, &cloexec_too) != 0;

	errno = saved;
	return result;
}

/* Reads the number in BASE after LABEL in LINE; false if there is none. */
static bool field(const char *line, const char *label, int base, uint64_t *number)
{
	const char *at = strstr(line, label);
	char *end = NULL;

	*number = 0;
	if (!at)
		return false;
	at += strlen(label);
	*number = strtoull(at, &end, base);
	return end != at;
}

/* fs/eventpoll.c, ep_show_fdinfo(): "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x" */
bool descriptors_parse_registration(const char *line, struct descriptors_registration *r, uint64_t *inode)
{
	uint64_t target, events, data;

	if (strncmp(line, "tfd:", 4) != 0 || !field(line, "tfd:", 10, &target) ||
	    !field(line, "events:", 16, &events) || !field(line, "data:", 16, &data))
		return false;
	(void)field(line, "ino:", 16, inode);
	r->target = (int)target;
	r->event.events = (uint32_t)events;
	r->event.data.u64 = data;
	return true;
}

/* EPOLL_CTL_MOD of an unregistered descriptor yields ENOENT from an epoll set, EINVAL from anything else
 * (epoll_ctl(2)). A set is never registered in itself. */
static bool is_epoll(int fd, int other)
{
	struct epoll_event none = {.events = 0};

	return real.epoll_ctl(fd, EPOLL_CTL_MOD, other, &none) == -1 && errno == ENOENT;
}

int descriptors_registrations(int set, int unregistered, uint64_t inode,
			      int (*visit)(const struct descriptors_registration *r, void *arg), void *arg)
{
	return is_epoll(set, unregistered) ? descriptors_registrations_in(set, inode, visit, arg) : 0;
}

int descriptors_registrations_in(int set, uint64_t inode,
				 int (*visit)(const struct descriptors_registration *r, void *arg), void *arg)
{
	char path[48], text[512];
	size_t used = 0;
	ssize_t n = 0;
	int info, result = 0;

	(void)log_text(path, sizeof path, "/proc/thread-self/fdinfo/%d", set);
	info = sys_open(path, O_RDONLY, 0);
	/* Another thread may have closed it, and with it the registrations. */
	if (info < 0)
		return sys_fcntl(set, F_GETFD, 0) < 0 ? 0 : -ENOSYS;
	while (!result && (n = sys_read(info, text + used, sizeof text - 1 - used)) > 0) {
		char *line = text, *end;

		text[used += (size_t)n] = '\0';
		for (; !result && (end = strchr(line, '\n')); line = end + 1) {
			struct descriptors_registration r = {.set = set};
			uint64_t registered;

			*end = '\0';
			if (descriptors_parse_registration(line, &r, &registered) &&
			    (!inode || !registered || registered == inode))
				result = visit(&r, arg);
		}
		used -= (size_t)(line - text);
		memmove(text, line, used);
	}
	/* The set may have been closed since, which is ENOENT, too (seq_show()). */
	if (!result && n < 0 && errno != ENOENT)
		result = -ENOSYS;
	sys_close(info);
	return result;
}
