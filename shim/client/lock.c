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

char lock_line[LOCK_LINE];
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
	const bool logs = *lock_line;
	char line[LOCK_LINE];

	if (logs)
		memcpy(line, lock_line, sizeof line);
	*lock_line = '\0';
	mine = false;
	atomic_store(&taken, false);
	if (logs)
		log_line(LOG_LEVEL_INFO, "%s", line);
	(void)pthread_setcancelstate(l->cancel, NULL);
	lock_release(&l->hold);
	errno = l->error;
	return logs;
}

/* If fork() has interrupted another thread's work, the child has the lock free, and the data half changed. */
static void after_fork_in_child(void)
{
	bool whole = !atomic_exchange(&taken, false);

	atomic_store(&process, getpid());
	*lock_line = '\0';
	child(whole);
}

void lock_setup(void (*in_child)(bool whole))
{
	child = in_child;
	if (child)
		(void)pthread_atfork(NULL, NULL, after_fork_in_child);
	atomic_store(&process, getpid());
}
