#define _GNU_SOURCE
#include "tool/probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "tool/keep.h"

bool reach_is_ipv6(const struct reach_target *t)
{
	return t->addr.any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&t->addr.in6.sin6_addr);
}

static double now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ERROR is 0 if it worked. */
static void end(struct reach_target *t, int error)
{
	t->ms = now() - t->began;
	t->worked = error == 0;
	t->error = error;
	t->over = true;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void begin(struct reach_target *t, const struct reach_datagram *datagram)
{
	int type = datagram ? SOCK_DGRAM : SOCK_STREAM;

	t->began = now();
	t->over = false;
	t->fd = socket(t->addr.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || (connect(t->fd, &t->addr.any, t->len) != 0 && errno != EINPROGRESS)) {
		end(t, errno);
		return;
	}
	t->routed = true;
	if (datagram && send(t->fd, datagram->data, datagram->size, 0) < 0)
		end(t, errno);
}

static void look_at_connection(struct reach_target *t)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	end(t, error);
}

/* A datagram with a wrong checksum wakes poll(), but can't be read (udp(7)). */
static void look_for_answer(struct reach_target *t)
{
	char byte;

	if (recv(t->fd, &byte, 1, 0) >= 0)
		end(t, 0);
	else if (errno != EAGAIN && errno != EINTR)
		end(t, errno);
}

/* Returns how many FDS there are to wait for. */
static nfds_t gather(const struct reach_target *targets, size_t count, short events, struct pollfd *fds)
{
	nfds_t waiting = 0;

	/* poll(2) leaves entries of -1 out. */
	for (size_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){.fd = targets[i].over ? -1 : targets[i].fd, .events = events};
		waiting += !targets[i].over;
	}
	return waiting;
}

void reach_all(struct reach_target *targets, size_t count, const struct reach_datagram *datagram,
	       double seconds)
{
	struct pollfd *fds = keep((count + 1) * sizeof *fds);
	double until = now() + seconds * 1e3, left;

	for (size_t i = 0; i < count; i++)
		begin(&targets[i], datagram);
	while (gather(targets, count, datagram ? POLLIN : POLLOUT, fds) && (left = until - now()) > 0) {
		if (poll(fds, (nfds_t)count, (int)left + 1) <= 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				(datagram ? look_for_answer : look_at_connection)(&targets[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (!targets[i].over) {
			end(&targets[i], ETIMEDOUT);
			targets[i].error = 0;
		}
}
