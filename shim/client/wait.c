/* Each function waits in the kernel for the program's descriptors and the library's at once, until the next
 * attempt is due. Then it removes the events of sockets whose connect has failed and which have been
 * replaced. */
#define _GNU_SOURCE
#include "client/wait.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/real.h"
#include "client/attempts.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "client/kernel_wait.h"
#include "client/lock.h"
#include "client/slots.h"
#include "client/wake.h"
#include "socket/holdings.h"

/* Up to TOGETHER of the program's descriptors are waited for together with the library's; more are waited for
 * in SLICEs, in ms. */
enum { TOGETHER = 64, SLICE = 10 };

int64_t wait_end(const struct timespec *timeout)
{
	int64_t start = timeout ? clock_ns() : 0;

	if (!timeout || timeout->tv_sec > (INT64_MAX - start) / 1000000000 - 1)
		return WAIT_FOREVER;
	return start + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

const struct timespec *wait_rest(int64_t end, struct timespec *t)
{
	int64_t left = end - clock_ns();

	if (left < 0)
		left = 0;
	*t = (struct timespec){.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
	return end == WAIT_FOREVER ? NULL : t;
}

/* Puts into T the time until END or the next attempt is due, at most MS. */
static const struct timespec *until(int64_t end, int ms, struct timespec *t)
{
	const uint64_t due = atomic_load(&connects_due);
	const int64_t look = clock_ns() + (int64_t)ms * 1000000;

	if (look < end)
		end = look;
	if (due < (uint64_t)end / 1000000)
		end = (int64_t)due * 1000000;
	return wait_rest(end, t);
}

/* Goes on until nothing moves: an attempt that has just begun may have failed already. Returns false if
 * nothing may be done; then the kernel alone waits. */
static bool look_after(struct lock_hold *hold)
{
	unsigned before;
	bool allowed;

	/* Otherwise not before there is something to do, so that it costs a wait for a plain connect nothing.
	 */
	if (attempts_set() >= 0)
		lock_hold(hold);
	do {
		before = atomic_load(&connects_changes);
		allowed = slots_advance(hold);
	} while (atomic_load(&connects_changes) != before);
	return allowed;
}

/* ---- poll */

int wait_once(struct pollfd *fds, nfds_t count, int64_t end, const sigset_t *mask)
{
	struct pollfd all[TOGETHER + 1];
	int hidden = attempts_set(), saved = errno, result;
	struct timespec t;

	if (hidden < 0 || count > TOGETHER || !memory_readable(fds, count * sizeof *fds))
		return kernel_poll(fds, count, until(end, hidden < 0 ? WAIT_PATIENCE : SLICE, &t), mask);
	if (count)
		memcpy(all, fds, count * sizeof *fds);
	all[count] = (struct pollfd){.fd = hidden, .events = POLLIN};
	result = kernel_poll(all, count + 1, until(end, WAIT_PATIENCE, &t), mask);
	/* With the library's, there are more than RLIMIT_NOFILE allows. */
	if (result < 0 && errno == EINVAL) {
		errno = saved;
		return kernel_poll(fds, count, until(end, SLICE, &t), mask);
	}
	for (nfds_t i = 0; i < count && result >= 0; i++)
		fds[i].revents = all[i].revents;
	return result - (result > 0 && all[count].revents);
}

static int poll_sift(struct pollfd *fds, nfds_t count, int result, struct lock_hold *hold)
{
	for (nfds_t i = 0; i < count && result > 0; i++) {
		bool failed = fds[i].revents & (POLLERR | POLLHUP);

		if (!fds[i].revents || fds[i].fd < 0 || fds[i].revents & POLLNVAL ||
		    !connects_concern(fds[i].fd))
			continue;
		if (failed)
			lock_hold(hold);
		if (!connects_tell(fds[i].fd, failed))
			continue;
		fds[i].revents = 0;
		result--;
	}
	return result;
}

static int poll_until(struct pollfd *fds, nfds_t count, int64_t end, const sigset_t *mask,
		      struct lock_hold *hold)
{
	struct timespec left;

	while (connects_pending() && look_after(hold)) {
		const unsigned since = atomic_load(&connects_changes);
		int result = wait_once(fds, count, end, lock_let_in(hold, mask));

		lock_hold_again(hold);
		for (nfds_t i = 0; i < count && result > 0; i++)
			if (fds[i].revents)
				holdings_note_wait(fds[i].fd);
		/* An epoll set among them may have reported a socket that has been replaced since. */
		if (result > 0 && look_after(hold))
			result = poll_sift(fds, count, result, hold);
		/* This thread or another one has. */
		if (result > 0 && atomic_load(&connects_changes) != since)
			continue;
		if (result != 0 || clock_ns() >= end)
			return result;
	}
	return kernel_poll(fds, count, wait_rest(end, &left), lock_let_in(hold, mask));
}

int wait_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct lock_hold hold = {.on = false};
	int result;

	if (!wait_is_valid(timeout))
		return kernel_poll(fds, count, timeout, mask);
	pthread_cleanup_push(lock_release, &hold);
	result = poll_until(fds, count, wait_end(timeout), mask, &hold);
	pthread_cleanup_pop(1);
	return result;
}

/* ---- select: the kernel takes sets larger than an fd_set, of COUNT bits */

enum { BITS = 8 * sizeof(long), SET_BITS = 8192, SET_WORDS = SET_BITS / BITS };

enum { IN, OUT, URGENT, SETS };

struct sets {
	int count;
	void *program[SETS]; /* the program's; NULL where it has none */
	long words[SETS][SET_WORDS];
};

static size_t words_of(int count)
{
	return ((size_t)count + BITS - 1) / BITS;
}

/* Whether the program's sets can be accessed. The kernel finds all other errors. */
static bool accessible(const struct sets *s)
{
	for (int i = 0; i < SETS; i++)
		if (s->program[i] && !memory_writable(s->program[i], words_of(s->count) * sizeof(long)))
			return false;
	return true;
}

static void load(struct sets *s)
{
	for (int i = 0; i < SETS; i++) {
		memset(s->words[i], 0, sizeof s->words[i]);
		if (s->program[i])
			memcpy(s->words[i], s->program[i], words_of(s->count) * sizeof(long));
		/* The kernel ignores the bits from COUNT on. */
		if (s->count % BITS)
			s->words[i][s->count / BITS] &= (long)((1UL << s->count % BITS) - 1);
	}
}

static bool has_bit(const struct sets *s, int set, int fd)
{
	return (unsigned long)s->words[set][fd / BITS] >> fd % BITS & 1;
}

static int real_select(struct sets *s, int count, const struct timespec *timeout, const sigset_t *mask)
{
	return real.pselect(count, (fd_set *)(void *)s->words[IN], (fd_set *)(void *)s->words[OUT],
			    (fd_set *)(void *)s->words[URGENT], timeout, mask);
}

static int select_once(struct sets *s, int64_t end, const sigset_t *mask)
{
	int hidden = attempts_set(), count = s->count, saved = errno, result;
	bool together = hidden >= 0 && hidden < SET_BITS;
	struct timespec t;

	load(s);
	if (together) {
		s->words[IN][hidden / BITS] |= (long)(1UL << hidden % BITS);
		count = hidden >= count ? hidden + 1 : count;
	}
	result = real_select(s, count, until(end, hidden < 0 || together ? WAIT_PATIENCE : SLICE, &t), mask);
	/* The program may have closed the library's set. */
	if (together && result < 0 && errno == EBADF) {
		errno = saved;
		load(s);
		return real_select(s, s->count, &(struct timespec){0, 0}, mask);
	}
	if (together && result > 0 && has_bit(s, IN, hidden)) {
		s->words[IN][hidden / BITS] &= (long)~(1UL << hidden % BITS);
		result--;
	}
	return result;
}

static int select_sift(struct sets *s, int result)
{
	for (int fd = 0; fd < s->count && result > 0; fd++) {
		if (!(has_bit(s, IN, fd) || has_bit(s, OUT, fd) || has_bit(s, URGENT, fd)) ||
		    connects_ask(fd) != -EINPROGRESS)
			continue;
		for (int set = 0; set < SETS; set++) {
			result -= has_bit(s, set, fd);
			s->words[set][fd / BITS] &= (long)~(1UL << fd % BITS);
		}
	}
	return result;
}

static int select_until(struct sets *s, int64_t end, const sigset_t *mask, struct lock_hold *hold)
{
	struct timespec left;

	while (connects_pending() && look_after(hold)) {
		const unsigned since = atomic_load(&connects_changes);
		int result = select_once(s, end, lock_let_in(hold, mask));

		lock_hold_again(hold);
		for (int fd = 0; fd < s->count && result > 0; fd++)
			if (has_bit(s, IN, fd))
				holdings_note_wait(fd);
		if (result > 0 && look_after(hold))
			result = select_sift(s, result);
		if ((result > 0 && atomic_load(&connects_changes) != since) ||
		    (result == 0 && clock_ns() < end))
			continue;
		for (int i = 0; i < SETS && result >= 0; i++)
			if (s->program[i])
				memcpy(s->program[i], s->words[i], words_of(s->count) * sizeof(long));
		return result;
	}
	return real.pselect(s->count, s->program[IN], s->program[OUT], s->program[URGENT],
			    wait_rest(end, &left), lock_let_in(hold, mask));
}

int wait_select(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		const sigset_t *mask, struct timespec *left)
{
	struct sets s = {.count = count, .program = {in, out, urgent}};
	struct lock_hold hold = {.on = false};
	/* volatile: pthread_cleanup_push() is setjmp(3) in C. */
	const volatile int64_t end = wait_is_valid(timeout) ? wait_end(timeout) : 0;
	int result;

	pthread_cleanup_push(lock_release, &hold);
	if (count < 0 || count > SET_BITS || !wait_is_valid(timeout) || !accessible(&s))
		result = real.pselect(count, in, out, urgent, timeout, mask);
	else
		result = select_until(&s, end, mask, &hold);
	pthread_cleanup_pop(1);
	if (left)
		(void)wait_rest(end, left);
	return result;
}

/* ---- epoll */

/* Removes those that are out of date from COUNT EVENTS of SET; connects_changes was SINCE before the wait.
 * Returns how many are left. */
static int epoll_sift(int set, struct epoll_event *events, int count, unsigned since, struct lock_hold *hold)
{
	int left = 0, saved = errno;
	bool failures = false;

	for (int i = 0; i < count; i++) {
		failures |= (events[i].events & (EPOLLHUP | EPOLLERR)) != 0;
		if (!wake_swallow(set, &events[i]))
			events[left++] = events[i];
	}
	if (failures) {
		lock_hold(hold);
		left = connects_sift(set, events, left, since);
	}
	errno = saved;
	return left;
}

static int epoll_once(int set, struct epoll_event *events, int most, int64_t end, const sigset_t *mask,
		      unsigned *since, struct lock_hold *hold)
{
	struct pollfd both[2] = {{.fd = set, .events = POLLIN}, {.fd = attempts_set(), .events = POLLIN}};
	struct timespec t;
	int result;

	*since = atomic_load(&connects_changes);
	if ((both[1].fd < 0 && !holdings_nested()) || clock_ns() >= end) {
		result = kernel_epoll(set, events, most, kernel_wait_ms(until(end, WAIT_PATIENCE, &t)),
				      lock_let_in(hold, mask));
		lock_hold_again(hold);
		return result;
	}
	/* The kernel refuses a bad SET or MOST at once. */
	result = kernel_epoll(set, events, most, 0, mask);
	if (result != 0)
		return result;
	result = kernel_poll(both, 2, until(end, WAIT_PATIENCE, &t), lock_let_in(hold, mask));
	lock_hold_again(hold);
	if (result < 0)
		return -1;
	/* Comes first, so that a set in SET reports nothing that is out of date. */
	(void)look_after(hold);
	*since = atomic_load(&connects_changes);
	return real.epoll_wait(set, events, most, 0);
}

static int epoll_while_pending(int set, struct epoll_event *events, int most, int64_t end,
			       const sigset_t *mask, int told, unsigned since, struct lock_hold *hold)
{
	int result = epoll_sift(set, events, told, since, hold);

	while (result == 0) {
		bool pending = connects_pending() && look_after(hold);
		struct timespec left;

		if (pending) {
			result = epoll_once(set, events, most, end, mask, &since, hold);
		} else {
			since = atomic_load(&connects_changes);
			wake_begin();
			result = kernel_epoll(set, events, most, kernel_wait_ms(wait_rest(end, &left)),
					      lock_let_in(hold, mask));
			wake_end();
			lock_hold_again(hold);
		}
		if (result > 0)
			result = epoll_sift(set, events, result, since, hold);
		if (clock_ns() >= end)
			break;
	}
	return result;
}

int wait_epoll(int set, struct epoll_event *events, int most, int64_t end, const sigset_t *mask, int told,
	       unsigned since)
{
	struct lock_hold hold = {.on = false};
	int result;

	pthread_cleanup_push(lock_release, &hold);
	result = epoll_while_pending(set, events, most, end, mask, told, since, &hold);
	pthread_cleanup_pop(1);
	return result;
}
