#define _GNU_SOURCE
#include "client/hidden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/real.h"
#include "base/sys.h"
#include "client/in_progress.h"
#include "socket/facts.h"
#include "socket/options.h"

/* Lower numbers are left to the program. */
enum { FIRST = 128 };

static _Atomic int set = -1;
static int watched;

int hidden_set(void)
{
	return atomic_load_explicit(&set, memory_order_relaxed);
}

void hidden_lose(void)
{
	atomic_store(&set, -1);
	watched = 0;
}

void hidden_fork(void)
{
	int before = hidden_set();

	hidden_lose();
	if (before >= 0)
		sys_close(before);
}

int hidden_copy(int fd)
{
	int copy = sys_fcntl(fd, F_DUPFD_CLOEXEC, FIRST);

	return copy >= 0 ? copy : sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int hidden_number(int fd)
{
	int high = fd < 0 ? fd : sys_fcntl(fd, F_DUPFD_CLOEXEC, FIRST);

	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

void hidden_take(struct hidden *h, int fd, uint64_t cookie)
{
	*h = (struct hidden){.fd = HIDDEN_PLACE, .cookie = cookie};
	hidden_move(h, fd);
}

void hidden_move(struct hidden *h, int fd)
{
	h->fd = fd;
	if (fd >= 0)
		connects_count_number(fd, 1);
}

void hidden_settle(struct hidden *h)
{
	int fd = h->fd;

	if (fd < 0 || fd >= FIRST)
		return;
	connects_count_number(fd, -1);
	hidden_move(h, hidden_number(fd));
}

void hidden_watch(struct hidden *h, void *data)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = data};

	if (h->watched)
		return;
	if (hidden_set() < 0)
		atomic_store(&set, hidden_number((int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC)));
	h->watched = real.epoll_ctl(hidden_set(), EPOLL_CTL_ADD, h->fd, &event) == 0;
	watched += h->watched;
	if (watched == 0)
		hidden_fork();
}

/* close() alone would leave a socket with another descriptor registered. */
void hidden_unwatch(struct hidden *h)
{
	if (!h->watched)
		return;
	(void)real.epoll_ctl(hidden_set(), EPOLL_CTL_DEL, h->fd, NULL);
	h->watched = false;
	if (--watched == 0)
		hidden_fork();
}

void hidden_give(struct hidden *h, int instead)
{
	if (h->fd >= 0) {
		hidden_unwatch(h);
		connects_count_number(h->fd, -1);
	}
	h->fd = instead;
}

bool hidden_is_there(const struct hidden *h)
{
	return h->fd >= 0 && h->cookie && socket_cookie(h->fd) == h->cookie;
}

/* With SO_LINGER, close() would wait (socket(7)). */
void hidden_drop(struct hidden *h)
{
	const struct linger none = {0, 0};
	int fd = h->fd;

	hidden_give(h, HIDDEN_NONE);
	if (fd < 0)
		return;
	if (!h->shared && options_touched(SOL_SOCKET, SO_LINGER))
		(void)real.setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	sys_close(fd);
}
