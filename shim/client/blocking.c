#define _GNU_SOURCE
#include "client/blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "base/clock.h"
#include "base/real.h"
#include "base/sys.h"
#include "client/connects.h"
#include "client/hidden.h"
#include "client/in_progress.h"
#include "client/kernel_wait.h"
#include "client/lock.h"
#include "client/steps.h"
#include "client/wait.h"
#include "config/config.h"
#include "socket/holdings.h"
#include "socket/options.h"

#define NEVER UINT64_MAX

bool blocking_is(int fd)
{
	int saved = errno, flags = sys_fcntl(fd, F_GETFL, 0);

	errno = saved;
	return flags >= 0 && !(flags & O_NONBLOCK);
}

/* SO_SNDTIMEO or SO_RCVTIMEO of FD in ms, 0 for none (socket(7)). */
static uint64_t ask_timeout(int fd, int option)
{
	struct timeval t = {0, 0};
	socklen_t len = sizeof t;

	if (real.getsockopt(fd, SOL_SOCKET, option, &t, &len) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + ((uint64_t)t.tv_usec + 999) / 1000;
}

/* The same, without a system call if the program has never set it. */
static uint64_t timeout_of(int fd, int option)
{
	return options_touched(SOL_SOCKET, option) ? ask_timeout(fd, option) : 0;
}

/* ---- the program's own address: the kernel waits, with the library's timeout */

/* The descriptor that has the timeout NOW, and its timeout before, MS. After a siglongjmp() out of connect(),
 * the next connect() finds it here. */
static __thread struct {
	int fd; /* the descriptor + 1; 0: none */
	uint64_t ms, now;
} lent __attribute__((tls_model("initial-exec")));

static void set_timeout(int fd, uint64_t ms)
{
	const struct timeval t = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	(void)real.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static void give_back(void *unused)
{
	int fd = lent.fd - 1;

	(void)unused;
	lent.fd = 0;
	if (fd >= 0)
		set_timeout(fd, lent.ms);
}

/* After siglongjmp(): another socket, with a timeout of its own, may have the number by now. The kernel
 * rounds up to its ticks, of 10 ms at most. */
static void give_back_left(void)
{
	uint64_t ms = lent.fd ? ask_timeout(lent.fd - 1, SO_SNDTIMEO) : 0;

	if (ms >= lent.now && ms <= lent.now + 10)
		give_back(NULL);
	lent.fd = 0;
}

/* Whether a signal whose handler has interrupted poll() interrupts connect() as well: unlike poll(),
 * connect() goes on after a handler with SA_RESTART (signal(7)). If the program has handlers of both kinds,
 * nothing tells which one ran: yes. The signals in BLOCKED could not come. */
static bool interrupted(const sigset_t *blocked)
{
	struct sigaction action;

	for (int number = 1; number < NSIG; number++)
		if (sigismember(blocked, number) == 0 && sigaction(number, NULL, &action) == 0 &&
		    action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN &&
		    !(action.sa_flags & SA_RESTART))
			return true;
	return false;
}

/* connect() with a timeout of MS instead of OWN, the program's. */
static int connect_for(uint64_t ms, uint64_t own, int fd, const struct sockaddr *addr, socklen_t len)
{
	int result;

	lent.ms = own;
	lent.now = ms;
	lent.fd = fd + 1;
	set_timeout(fd, ms);
	pthread_cleanup_push(give_back, NULL);
	result = real.connect(fd, addr, len) == 0 ? 0 : -errno;
	pthread_cleanup_pop(1);
	return result;
}

int blocking_try(int fd, const struct sockaddr *addr, socklen_t len)
{
	sigset_t blocked;
	uint64_t own;
	int result;

	give_back_left();
	own = timeout_of(fd, SO_SNDTIMEO);
	if (!config.delay || (own && own <= config.delay))
		return real.connect(fd, addr, len) == 0 ? 0 : -errno;
	result = connect_for(config.delay, own, fd, addr, len);
	/* If the timeout is the library's alone, a handler with SA_RESTART ends nothing (signal(7)). */
	if (result == -EINTR && !own && pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 &&
	    !interrupted(&blocked))
		return -EINPROGRESS;
	return result;
}

int blocking_go_on(int fd, const struct sockaddr *addr, socklen_t len)
{
	const uint64_t own = timeout_of(fd, SO_SNDTIMEO);

	if (!own)
		return real.connect(fd, addr, len) == 0 ? 0 : -errno;
	return own > config.delay ? connect_for(own - config.delay, own, fd, addr, len) : -EALREADY;
}

/* ---- the other addresses */

/* Waits for an event of FD's socket or a hidden attempt, at most until END (ms) or the next attempt is due.
 * Returns as ppoll(). */
static int wait_once(int fd, uint64_t end, const sigset_t *mask)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT}, {.fd = hidden_set(), .events = POLLIN}};
	uint64_t time = clock_ms(), due = atomic_load(&connects_due);
	struct timespec t;

	/* Another thread may put another socket on FD meanwhile. */
	if (time + WAIT_PATIENCE < end)
		end = time + WAIT_PATIENCE;
	if (due < end)
		end = due;
	return kernel_poll(fds, 2, wait_from_ms(end > time ? (int)(end - time) : 0, &t), mask);
}

/* Waits for FD's connect until END, NEVER or in ms. LIMITED: the program has set a timeout, so any handler
 * ends the wait (signal(7)). */
static int settle(int fd, uint64_t end, bool limited, struct lock_hold *hold)
{
	int result;

	lock_hold(hold);
	while ((result = connects_ask(fd)) == -EINPROGRESS) {
		int count;

		if (clock_ms() >= end)
			break;
		/* The set reports the attempts of all connects. */
		(void)steps_advance(hold);
		count = wait_once(fd, end, lock_let_in(hold, NULL));
		lock_hold_again(hold);
		if (count < 0 && errno == EINTR && (limited || interrupted(&hold->signals)))
			return -EINTR;
	}
	return result;
}

int blocking_wait(int fd, unsigned since, struct lock_hold *hold)
{
	uint64_t limit = timeout_of(fd, SO_SNDTIMEO);
	int saved = errno, result = settle(fd, limit ? clock_ms() + limit - since : NEVER, limit != 0, hold);

	errno = saved;
	return result;
}

bool connect_settled(int fd, int flags, int timeout)
{
	struct lock_hold hold = {.on = false};
	const volatile int saved = errno; /* pthread_cleanup_push() is setjmp(3) in C. */
	int result;
	uint64_t limit;

	if (!(connects_maybe(fd) || holdings_copied()) || connects_ask(fd) != -EINPROGRESS)
		return true;
	if (flags & MSG_DONTWAIT || !blocking_is(fd)) {
		errno = EAGAIN;
		return false;
	}
	limit = timeout_of(fd, timeout);
	pthread_cleanup_push(lock_release, &hold);
	result = settle(fd, limit ? clock_ms() + limit : NEVER, limit != 0, &hold);
	pthread_cleanup_pop(1);
	if (result == -ENOENT)
		result = 0;
	errno = result == -EINPROGRESS ? EAGAIN : result ? -result : saved;
	return result == 0;
}
