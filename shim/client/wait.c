/* Each of the three asks without waiting, waits for the program's descriptors and the attempts' together, and
 * asks again. What the kernel answers is true when the attempts were looked after since and nothing has
 * moved; else it is asked once more. That works for poll() and select(), whose asking changes nothing. What
 * epoll_wait() returns can be gone with the asking (EPOLLET, EPOLLONESHOT): what is not to be seen is taken
 * out, and registered anew. */
#define _GNU_SOURCE
#include "client/wait.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/real.h"
#include "base/sys.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "resolver/known_names.h"
#include "socket/descriptors.h"

/* How many descriptors of attempts are waited for beside the program's own; there is a limit on time, too
 * (EYEBALLS_PATIENCE). And how many of the program's there can be, before the wait is cut into slices
 * instead. */
enum { OURS = 256, THEIRS = 2048, SLICE = 10 };

/* ---- time: nanoseconds, -1 for ever */

static int64_t now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* When TIMEOUT, which was found valid, is over. */
static int64_t end_of(const struct timespec *timeout)
{
	int64_t start = now();

	if (!timeout || timeout->tv_sec > (INT64_MAX - start) / 1000000000 - 1)
		return -1;
	return start + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

static bool valid(const struct timespec *timeout)
{
	return !timeout || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000);
}

/* What is left until END. */
static struct timespec rest_of(int64_t end)
{
	int64_t left = end - now();

	if (left < 0)
		left = 0;
	return (struct timespec){.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
}

static bool over(int64_t end)
{
	return end >= 0 && now() >= end;
}

/* The earlier of END and MS (-1: never) from now, into T; NULL where it is never. */
static const struct timespec *until(int64_t end, int ms, struct timespec *t)
{
	int64_t own = ms < 0 ? -1 : now() + (int64_t)ms * 1000000;

	if (end < 0 && own < 0)
		return NULL;
	if (end < 0 || (own >= 0 && own < end))
		end = own;
	*t = rest_of(end);
	return t;
}

/* ---- poll */

static int poll_now(struct pollfd *fds, nfds_t count, const sigset_t *mask)
{
	const struct timespec at_once = {0, 0};
	unsigned before;
	int result;

	do {
		before = connects_changes();
		result = real.ppoll(fds, count, &at_once, mask);
		connects_advance();
	} while (result > 0 && connects_changes() != before);
	return result;
}

/* As many of our descriptors as there can be, but OURS at most: a thread's stack may be small. */
static int most_of_ours(void)
{
	int going = atomic_load_explicit(&connects_going, memory_order_relaxed);

	return going >= 0 && going < OURS / 4 ? 4 * going + 1 : OURS;
}

/* Waits for something to happen, and does not say what. */
static int poll_wait(const struct pollfd *fds, nfds_t count, int64_t end, const sigset_t *mask)
{
	int room = most_of_ours(), timeout = -1, saved = errno, result;
	struct pollfd all[(count <= THEIRS ? count : 0) + (nfds_t)room];
	struct timespec t;

	if (count <= THEIRS) {
		if (count)
			memcpy(all, fds, count * sizeof *fds);
		count += (nfds_t)connects_gather(-1, all + count, room, &timeout);
		result = real.ppoll(all, count, until(end, timeout, &t), mask);
		/* More than RLIMIT_NOFILE allows, with ours. */
		if (result >= 0 || errno != EINVAL)
			return result;
		errno = saved;
	}
	return real.ppoll(NULL, 0, until(end, SLICE, &t), mask);
}

int wait_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	int64_t end = valid(timeout) ? end_of(timeout) : 0;
	struct timespec left;
	int result;

	while (valid(timeout) && connects_pending()) {
		result = poll_now(fds, count, mask);
		if (result != 0 || over(end))
			return result;
		if (poll_wait(fds, count, end, mask) < 0)
			return -1;
	}
	if (!valid(timeout) || end < 0)
		return real.ppoll(fds, count, timeout, mask);
	left = rest_of(end);
	return real.ppoll(fds, count, &left, mask);
}

/* ---- select: the kernel takes sets larger than an fd_set, as many bits as COUNT says */

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

static void load(struct sets *s)
{
	for (int i = 0; i < SETS; i++) {
		memset(s->words[i], 0, sizeof s->words[i]);
		if (s->program[i])
			memcpy(s->words[i], s->program[i], words_of(s->count) * sizeof(long));
	}
}

/* The answer, into the program's sets. */
static void store(const struct sets *s)
{
	for (int i = 0; i < SETS; i++)
		if (s->program[i])
			memcpy(s->program[i], s->words[i], words_of(s->count) * sizeof(long));
}

static int real_select(struct sets *s, int count, const struct timespec *timeout, const sigset_t *mask)
{
	return real.pselect(count, (fd_set *)(void *)s->words[IN], (fd_set *)(void *)s->words[OUT],
			    (fd_set *)(void *)s->words[URGENT], timeout, mask);
}

static int select_now(struct sets *s, const sigset_t *mask)
{
	const struct timespec at_once = {0, 0};
	unsigned before;
	int result;

	do {
		before = connects_changes();
		load(s);
		result = real_select(s, s->count, &at_once, mask);
		connects_advance();
	} while (result > 0 && connects_changes() != before);
	return result;
}

/* Our descriptors are waited for in OUT: what has failed is writable, too. EBADF is of them alone, as the
 * program would have had it before. */
static int select_wait(struct sets *s, int64_t end, const sigset_t *mask)
{
	int room = most_of_ours(), timeout = -1, count = s->count, found, result;
	struct pollfd ours[room];
	struct timespec t;

	load(s);
	found = connects_gather(-1, ours, room, &timeout);
	for (int i = 0; i < found; i++) {
		int fd = ours[i].fd;

		if (fd >= SET_BITS) {
			timeout = timeout > SLICE ? SLICE : timeout;
			continue;
		}
		s->words[OUT][fd / BITS] |= (long)(1UL << (fd % BITS));
		count = fd >= count ? fd + 1 : count;
	}
	result = real_select(s, count, until(end, timeout, &t), mask);
	return result < 0 && errno != EBADF ? -1 : 0;
}

static int select_while_pending(struct sets *s, int64_t end, const sigset_t *mask)
{
	for (;;) {
		int result = select_now(s, mask);

		if (result >= 0 && (result > 0 || over(end)))
			store(s);
		if (result != 0 || over(end))
			return result;
		if (select_wait(s, end, mask) < 0)
			return -1;
	}
}

int wait_select(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		const sigset_t *mask, struct timespec *left)
{
	struct sets s = {.count = count, .program = {in, out, urgent}};
	int64_t end = valid(timeout) ? end_of(timeout) : 0;
	int result;

	if (count < 0 || count > SET_BITS || !valid(timeout) || !connects_pending())
		result = real.pselect(count, in, out, urgent, timeout, mask);
	else
		result = select_while_pending(&s, end, mask);
	if (left && end >= 0)
		*left = rest_of(end);
	return result;
}

/* ---- epoll */

/* What is registered with the data of an event that says EPOLLHUP. */
struct hangup {
	int set;
	struct epoll_event event;
	bool known, true_now;
};

/* What is left of a one-shot registration that has fired: of what it was for, what a failed connect() reports
 * is all but EPOLLPRI. */
static uint32_t events_of(uint32_t registered, uint32_t fired)
{
	const uint32_t asked = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLRDNORM | EPOLLWRNORM;

	if (registered & EPOLLONESHOT && !(registered & asked))
		return registered | (fired & asked);
	return registered;
}

static int look_at_hangup(const struct descriptors_registration *r, void *arg)
{
	struct pollfd now_there = {.fd = r->target};
	struct hangup *h = arg;

	if (r->event.data.u64 != h->event.data.u64)
		return 0;
	h->known = true;
	/* The next one may have failed by now, too. */
	h->true_now |= connects_ask(r->target, NULL) != CONNECTS_GOING && real.poll(&now_there, 1, 0) != 0;
	return 0;
}

/* The kernel looks at once whether it is ready now. */
static int register_one_anew(const struct descriptors_registration *r, void *arg)
{
	struct epoll_event again = r->event;
	const struct hangup *h = arg;

	if (r->event.data.u64 == h->event.data.u64) {
		again.events = events_of(r->event.events, h->event.events);
		/* EPOLLEXCLUSIVE can't be changed, but added (epoll_ctl(2)). */
		if (real.epoll_ctl(h->set, EPOLL_CTL_MOD, r->target, &again) != 0 && errno == EINVAL &&
		    real.epoll_ctl(h->set, EPOLL_CTL_DEL, r->target, NULL) == 0)
			(void)real.epoll_ctl(h->set, EPOLL_CTL_ADD, r->target, &again);
	}
	return 0;
}

static void register_anew(void *arg)
{
	struct hangup *h = arg;

	(void)descriptors_registrations_in(h->set, 0, register_one_anew, h);
}

/* A connect that has failed hangs up, and what another attempt has been put in the place of does not any
 * more: such an event is out of date. */
static bool out_of_date(int set, const struct epoll_event *event)
{
	struct hangup h = {.set = set, .event = *event};

	if (!(event->events & EPOLLHUP))
		return false;
	(void)descriptors_registrations_in(set, 0, look_at_hangup, &h);
	if (!h.known || h.true_now)
		return false;
	connects_exclusively(register_anew, &h);
	return true;
}

static int sift(int set, struct epoll_event *events, int count)
{
	int left = 0;

	for (int i = 0; i < count; i++)
		if (!out_of_date(set, &events[i]))
			events[left++] = events[i];
	return left;
}

int wait_sift(int set, struct epoll_event *events, int count)
{
	int saved = errno;

	connects_advance();
	count = sift(set, events, count);
	errno = saved;
	return count;
}

static int epoll_now(int set, struct epoll_event *events, int most)
{
	unsigned before = connects_changes();
	int result = real.epoll_wait(set, events, most, 0), saved = errno;

	connects_advance();
	if (result > 0 && connects_changes() != before)
		result = sift(set, events, result);
	errno = saved;
	return result;
}

/* With the time as the caller's function has it: not all have all of them. */
static int real_epoll(int set, struct epoll_event *events, int most, int64_t end, const sigset_t *mask)
{
	int64_t ms = end < 0 ? -1 : (end - now() + 999999) / 1000000;

	return real.epoll_pwait(set, events, most, ms < -1 ? 0 : ms > INT32_MAX ? INT32_MAX : (int)ms, mask);
}

int wait_epoll(int set, struct epoll_event *events, int most, const struct timespec *timeout,
	       const sigset_t *mask)
{
	int64_t end = end_of(timeout);

	while (connects_pending()) {
		const struct pollfd wait = {.fd = set, .events = POLLIN};
		int result = epoll_now(set, events, most);

		if (result != 0 || over(end))
			return result;
		if (poll_wait(&wait, 1, end, mask) < 0)
			return -1;
	}
	return real_epoll(set, events, most, end, mask);
}

/* ---- a blocking connect() */

/* Whether a signal waits whose handler interrupts connect(): poll(), unlike connect(), is interrupted by all
 * (signal(7)), so they are held back until it is known which they are. */
static bool interrupts(const sigset_t *before, bool strict)
{
	struct sigaction action;
	sigset_t pending;

	if (sigpending(&pending) != 0)
		return false;
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&pending, number) == 1 && sigismember(before, number) == 0 &&
		    sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
		    action.sa_handler != SIG_IGN && (strict || !(action.sa_flags & SA_RESTART)))
			return true;
	return false;
}

struct held {
	sigset_t before;
	int signals; /* a descriptor that tells of them, or -1 */
};

/* Handlers run here. */
static void let_go(void *arg)
{
	struct held *held = arg;

	if (held->signals >= 0)
		sys_close(held->signals);
	(void)pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}

int wait_wait(int fd, const struct timespec *end, bool strict)
{
	struct pollfd fds[NAMES_ADDRESSES + 1];
	struct held held;
	struct timespec t;
	sigset_t ours;
	int timeout = -1, count, result;

	lock_hold_signals(&ours, &held.before);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&held.before, number) == 1)
			sigdelset(&ours, number);
	held.signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	count = connects_gather(fd, fds, NAMES_ADDRESSES, &timeout);
	fds[count++] = (struct pollfd){.fd = held.signals, .events = POLLIN};
	pthread_cleanup_push(let_go, &held);
	/* Without a descriptor for them, all interrupt it. */
	result = real.ppoll(fds, (nfds_t)count,
			    until(end ? (int64_t)end->tv_sec * 1000000000 + end->tv_nsec : -1, timeout, &t),
			    held.signals < 0 ? &held.before : NULL);
	result = result < 0 ? -errno : 0;
	if (result == 0 && interrupts(&held.before, strict))
		result = -EINTR;
	pthread_cleanup_pop(1);
	return result;
}
