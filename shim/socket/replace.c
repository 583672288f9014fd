#define _GNU_SOURCE
#include "socket/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/real.h"
#include "base/sys.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/options.h"

enum { MOST_DESCRIPTORS = 32, MOST_REGISTRATIONS = 64 };

struct holdings {
	int with, except;
	uint64_t cookie, inode; /* of the socket; the inode only if a set may be read */
	int fds[MOST_DESCRIPTORS];
	int flags[MOST_DESCRIPTORS]; /* what dup3() takes */
	int fd_count;
	struct descriptors_registration registrations[MOST_REGISTRATIONS];
	bool out[MOST_REGISTRATIONS]; /* taken out of its set */
	int registration_count;
	struct replace_known *known;
};

static bool holds(const struct holdings *h, int fd)
{
	for (int i = 0; i < h->fd_count; i++)
		if (h->fds[i] == fd)
			return true;
	return false;
}

static int note_registration(const struct descriptors_registration *r, void *arg)
{
	struct holdings *h = arg;

	if (h->registration_count == MOST_REGISTRATIONS)
		return -ENOSPC;
	h->registrations[h->registration_count++] = *r;
	return 0;
}

static int find_inode(int fd, struct holdings *h)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	h->inode = st.st_ino;
	return 0;
}

/* kcmp(2) tells whether FD is registered in SET (Linux 4.13); without it, the set is read. */
static int note_set(int set, void *arg)
{
	struct holdings *h = arg;
	struct kcmp_epoll_slot slot = {.efd = (uint32_t)set, .tfd = (uint32_t)h->fds[0]};
	pid_t self;
	long result;
	int error;

	for (int i = 0; i < h->known->count; i++)
		if (h->known->registrations[i].set == set && h->known->registrations[i].target == h->fds[0])
			return note_registration(&h->known->registrations[i], h);
	if (!h->inode && (error = find_inode(h->fds[0], h)) != 0)
		return error;
	self = (pid_t)syscall(SYS_gettid);
	result = syscall(SYS_kcmp, self, self, KCMP_EPOLL_TFD, h->fds[0], &slot);
	if (result == 0)
		return descriptors_registrations_in(set, h->inode, note_registration, h);
	if (result < 0 && (errno == EBADF || errno == EINVAL)) {
		holdings_forget_set(set);
		return 0;
	}
	if (result > 0 || errno == ENOENT)
		return 0;
	return descriptors_registrations(set, h->with, h->inode, note_registration, h);
}

static int note_descriptor(int fd, void *arg)
{
	struct holdings *h = arg;
	uint64_t cookie;
	int flags;

	if (fd == h->with || fd == h->except)
		return 0;
	cookie = socket_cookie(fd);
	if (cookie == 0 && errno == ENOTSOCK)
		return descriptors_registrations(fd, h->with, h->inode, note_registration, h);
	/* Another thread may have closed it. Any other descriptor that can't be read may be the socket
	 * itself. */
	if (cookie == 0)
		return errno == EBADF ? 0 : -errno;
	if (cookie != h->cookie || holds(h, fd))
		return 0;
	if (h->fd_count == MOST_DESCRIPTORS)
		return -ENOSPC;
	flags = sys_fcntl(fd, F_GETFD, 0);
	if (flags < 0)
		return -errno;
	h->flags[h->fd_count] = flags & FD_CLOEXEC ? O_CLOEXEC : 0;
	h->fds[h->fd_count++] = fd;
	return 0;
}

/* Puts WITH on the first COUNT descriptors; returns how many succeeded. */
static int put(const struct holdings *h, int with, int count)
{
	for (int i = 0; i < count; i++)
		if (real.dup3(with, h->fds[i], h->flags[i]) < 0)
			return i;
	return count;
}

/* Takes the registrations out of their sets. If one is not there, it is not put back: a copy of an epoll
 * descriptor shows the same registration again, and a set may have been closed since it was read. */
static void unregister(struct holdings *h)
{
	for (int i = 0; i < h->registration_count; i++)
		h->out[i] = real.epoll_ctl(h->registrations[i].set, EPOLL_CTL_DEL, h->registrations[i].target,
					   NULL) == 0 ||
			    (errno != ENOENT && errno != EBADF && errno != EINVAL && errno != EPERM);
}

/* Makes OPERATION for all that were taken out, even if one fails; returns the first error. */
static int registrations(const struct holdings *h, int operation)
{
	int result = 0;

	for (int i = 0; i < h->registration_count; i++) {
		struct epoll_event event = h->registrations[i].event;

		if (h->out[i] &&
		    real.epoll_ctl(h->registrations[i].set, operation, h->registrations[i].target, &event) !=
			0 &&
		    !result)
			result = -errno;
	}
	return result;
}

/* Keeps the old socket until everything has succeeded. */
static int exchange(struct holdings *h, int fd)
{
	int old = h->except >= 0 ? h->except : sys_fcntl(fd, F_DUPFD_CLOEXEC, 0), done, result;

	if (old < 0)
		return -errno;
	/* If another process has the old socket, its registrations would stay. */
	unregister(h);
	done = put(h, h->with, h->fd_count);
	result = done < h->fd_count ? -errno : registrations(h, EPOLL_CTL_ADD);
	if (result) {
		(void)registrations(h, EPOLL_CTL_DEL);
		(void)put(h, old, done);
		(void)registrations(h, EPOLL_CTL_ADD);
	}
	if (old != h->except)
		sys_close(old);
	return result;
}

/* A socket can be registered by a number that has been closed since (epoll(7), "Questions"). Such a
 * registration can't be made again. */
static bool all_open(const struct holdings *h)
{
	for (int i = 0; i < h->registration_count; i++)
		if (!holds(h, h->registrations[i].target))
			return false;
	return true;
}

/* Gives TO the file status FLAGS of FROM, except O_ASYNC, and the receiver of SIGIO and SIGURG. Returns 0 or
 * a negative errno. */
static int carry_flags(int from, int to, int flags)
{
	struct f_owner_ex owner = {.pid = 0};
	int signal;

	if (options_owned() && sys_fcntl(from, F_GETOWN_EX, (long)&owner) != 0)
		return -errno;
	if (owner.pid && sys_fcntl(to, F_SETOWN_EX, (long)&owner) != 0)
		return -errno;
	signal = options_owned() || flags & O_ASYNC ? sys_fcntl(from, F_GETSIG, 0) : 0;
	if (signal > 0 && sys_fcntl(to, F_SETSIG, signal) != 0)
		return -errno;
	return sys_fcntl(to, F_SETFL, flags & ~O_ASYNC) == 0 ? 0 : -errno;
}

int replace_socket(int fd, uint64_t cookie, int with, int except)
{
	struct replace_known none = {.count = 0};

	return replace_registered(fd, cookie, with, except, &none);
}

int replace_registered(int fd, uint64_t cookie, int with, int except, struct replace_known *known)
{
	struct holdings h = {.with = with, .except = except, .cookie = cookie, .known = known};
	const bool copied = holdings_has_copy(fd), registered = holdings_registered(fd);
	int result, flags = sys_fcntl(fd, F_GETFL, 0);

	if (copied) {
		result = find_inode(fd, &h);
		if (result == 0)
			result = descriptors_each(note_descriptor, &h);
	} else {
		result = note_descriptor(fd, &h);
		if (result == 0 && h.fd_count && registered)
			result = holdings_each_set(note_set, &h);
	}
	if (result)
		return result;
	/* Another thread may have been here first. */
	if ((copied || h.fd_count == 0) && socket_cookie(fd) != cookie)
		return -EALREADY;
	/* If the walk has missed FD, it has missed others. */
	if (!holds(&h, fd) || !all_open(&h))
		return -EBADF;
	result = carry_flags(fd, with, flags);
	if (result)
		return result;
	/* The common case needs no spare descriptor: nothing can fail half-way. */
	if (h.fd_count == 1 && h.registration_count == 0)
		result = put(&h, with, 1) == 1 ? 0 : -errno;
	else
		result = exchange(&h, fd);
	/* O_ASYNC comes last, and through the program's descriptor, whose number SIGIO's handler gets
	 * (si_fd). */
	if (result == 0 && flags & O_ASYNC)
		(void)sys_fcntl(fd, F_SETFL, flags);
	for (known->count = 0; known->count < REPLACE_KNOWN && known->count < h.registration_count;
	     known->count++)
		known->registrations[known->count] = h.registrations[known->count];
	return result;
}
