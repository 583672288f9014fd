#define _GNU_SOURCE
#include "client/wake.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/real.h"
#include "base/sys.h"
#include "client/attempts.h"
#include "socket/descriptors.h"
#include "socket/holdings.h"

static _Atomic int waiting;

/* Events under way. FD is their source, 0 for a free place. */
enum { PLACES = 16 };
static struct {
	_Atomic int fd;
	_Atomic int set; /* -1 while it is being added to one */
	uint64_t data;
} places[PLACES];

_Atomic int wake_under_way;

/* The kernel reports what a program asks for as EPOLLIN as this, too, and no program asks for this alone: so
 * an event of the program's with the same data is not taken for the library's. */
enum { EVENT = EPOLLRDNORM };

/* A descriptor that is ready for EVENT, or a negative number. */
static int make_source(void)
{
	int fd = attempts_high(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	/* Fails with ENOTCONN, and shuts it all the same (inet_shutdown()). */
	if (fd >= 0)
		(void)real.shutdown(fd, SHUT_RD);
	return fd;
}

void wake_begin(void)
{
	atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
}

void wake_end(void)
{
	atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
}

/* Closes the source FD at PLACE, unless another thread does. */
static void free_place(int place, int fd)
{
	if (!atomic_compare_exchange_strong(&places[place].fd, &fd, -1))
		return;
	sys_close(fd);
	atomic_store(&places[place].fd, 0);
	atomic_fetch_sub(&wake_under_way, 1);
}

/* Frees the places of sources whose set has been closed. */
static void free_lost(void)
{
	for (int i = 0; i < PLACES && atomic_load(&wake_under_way) > 0; i++) {
		struct epoll_event once = {.events = EVENT | EPOLLONESHOT, .data.u64 = places[i].data};
		int fd = atomic_load(&places[i].fd), set = atomic_load(&places[i].set);

		if (fd > 0 && set >= 0 && real.epoll_ctl(set, EPOLL_CTL_MOD, fd, &once) != 0)
			free_place(i, fd);
	}
}

void wake_waiter(int set, const struct epoll_event *event)
{
	struct epoll_event once = {.events = EVENT | EPOLLONESHOT, .data = event->data};
	int saved = errno, fd, place = 0, none = 0;

	if (atomic_load(&waiting) <= 0)
		return;
	free_lost();
	fd = make_source();
	while (fd > 0 && place < PLACES && !atomic_compare_exchange_strong(&places[place].fd, &none, -1)) {
		none = 0;
		place++;
	}
	if (fd > 0 && place < PLACES) {
		atomic_store(&places[place].set, -1);
		places[place].data = event->data.u64;
		atomic_fetch_add(&wake_under_way, 1);
		atomic_store(&places[place].fd, fd);
		/* If no thread can be woken, the thread that connects drives alone. */
		if (real.epoll_ctl(set, EPOLL_CTL_ADD, fd, &once) == 0)
			atomic_store(&places[place].set, set);
		else
			free_place(place, fd);
	} else if (fd >= 0) {
		sys_close(fd);
	}
	errno = saved;
}

static int wake_one(const struct descriptors_registration *r, void *arg)
{
	const int *fd = arg;

	if (r->target == *fd)
		wake_waiter(r->set, &r->event);
	return 0;
}

static int wake_set(int set, void *arg)
{
	(void)descriptors_registrations_in(set, 0, wake_one, arg);
	return 0;
}

void wake_waiters(int fd)
{
	int saved = errno;

	if (atomic_load(&waiting) > 0 && holdings_registered(fd))
		(void)holdings_each_set(wake_set, &fd);
	errno = saved;
}

bool wake_swallow(int set, const struct epoll_event *event)
{
	if (event->events != EVENT)
		return false;
	for (int i = 0; i < PLACES; i++) {
		int fd = atomic_load(&places[i].fd);

		/* SET may be a copy of the descriptor that the event was added by. */
		if (fd <= 0 || places[i].data != event->data.u64 ||
		    real.epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) != 0)
			continue;
		free_place(i, fd);
		return true;
	}
	return false;
}
