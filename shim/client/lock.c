#define _GNU_SOURCE
#include "client/lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "resolver/known_names.h"

struct outcome {
	bool any;
	int fd;
	char name[NAMES_TEXT], text[LOCK_TEXT];
};

static struct outcome outcome;
static _Atomic bool taken;
static _Atomic pid_t process; /* the process that this belongs to */
static void (*child)(bool whole);

static __thread bool mine __attribute__((tls_model("initial-exec")));
/* Signals are held back, and the thread does not wait. */
static __thread bool holding __attribute__((tls_model("initial-exec")));

static bool allowed(void)
{
	return !mine && (holding || getpid() == atomic_load(&process));
}

/* Holds back all signals, except those that the thread itself causes: they can't wait (a sandbox's SIGSYS).
 */
static void hold_signals(struct lock_hold *h)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t held;

	if (holding)
		return;
	sigfillset(&held);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(&held, own[i]);
	(void)pthread_sigmask(SIG_BLOCK, &held, &h->signals);
	h->on = holding = true;
}

void lock_hold(struct lock_hold *h)
{
	if (!h->on && allowed())
		hold_signals(h);
}

const sigset_t *lock_let_in(const struct lock_hold *h, const sigset_t *mask)
{
	if (!h->on)
		return mask;
	holding = false;
	return mask ? mask : &h->signals;
}

void lock_hold_again(const struct lock_hold *h)
{
	holding = h->on;
}

void lock_release(void *hold)
{
	struct lock_hold *h = hold;

	if (!h->on)
		return;
	h->on = holding = false;
	(void)pthread_sigmask(SIG_SETMASK, &h->signals, NULL);
}

/* Not through nanosleep(), which is a cancellation point. */
bool lock_take(struct lock *l)
{
	const struct timespec moment = {0, 50000};

	l->error = errno;
	if (!allowed())
		return false;
	l->hold.on = false;
	hold_signals(&l->hold);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &l->cancel);
	for (int tries = 0; atomic_exchange(&taken, true); tries++)
		if (tries < 10)
			(void)sched_yield();
		else
			(void)syscall(SYS_nanosleep, &moment, NULL);
	mine = true;
	return true;
}

bool lock_give(struct lock *l)
{
	struct outcome last;

	last.any = outcome.any;
	if (last.any)
		last = outcome;
	outcome.any = false;
	mine = false;
	atomic_store(&taken, false);
	if (last.any)
		log_line(LOG_LEVEL_INFO, "descriptor %d to %s: %s", last.fd, last.name, last.text);
	(void)pthread_setcancelstate(l->cancel, NULL);
	lock_release(&l->hold);
	errno = l->error;
	return last.any;
}

void lock_log(int fd, const char *name, const char *text)
{
	outcome.any = true;
	outcome.fd = fd;
	strncpy(outcome.name, name, sizeof outcome.name - 1);
	strncpy(outcome.text, text, sizeof outcome.text - 1);
}

bool lock_has_logged(void)
{
	return outcome.any;
}

/* If fork() has interrupted another thread's work, the child has the lock free, and the data half changed. */
static void after_fork_in_child(void)
{
	bool whole = !atomic_exchange(&taken, false);

	atomic_store(&process, getpid());
	outcome.any = false;
	child(whole);
}

void lock_setup(void (*in_child)(bool whole))
{
	child = in_child;
	if (child)
		(void)pthread_atfork(NULL, NULL, after_fork_in_child);
	atomic_store(&process, getpid());
}
