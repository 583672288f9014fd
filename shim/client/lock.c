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
static _Atomic pid_t process; /* whose all this is */
static bool (*fork_needs)(void);

static __thread bool mine __attribute__((tls_model("initial-exec")));

void lock_hold_signals(sigset_t *held, sigset_t *before)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

	sigfillset(held);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(held, own[i]);
	(void)pthread_sigmask(SIG_BLOCK, held, before);
}

/* Not through nanosleep(), which is a cancellation point. */
bool lock_take(struct lock *t)
{
	const struct timespec moment = {0, 50000};
	sigset_t held;

	t->error = errno;
	if (mine || getpid() != atomic_load(&process))
		return false;
	lock_hold_signals(&held, &t->signals);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &t->cancel);
	for (int tries = 0; atomic_exchange(&taken, true); tries++)
		if (tries < 10)
			(void)sched_yield();
		else
			(void)syscall(SYS_nanosleep, &moment, NULL);
	mine = true;
	return true;
}

bool lock_give(const struct lock *t)
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
	(void)pthread_setcancelstate(t->cancel, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &t->signals, NULL);
	errno = t->error;
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

static struct lock fork_turn;
static __thread bool forking __attribute__((tls_model("initial-exec")));

static void before_fork(void)
{
	struct lock t;

	forking = fork_needs() && lock_take(&t);
	if (forking)
		fork_turn = t;
}

static void after_fork(void)
{
	struct lock t = fork_turn;

	if (forking)
		(void)lock_give(&t);
	forking = false;
}

static void after_fork_in_child(void)
{
	atomic_store(&process, getpid());
	after_fork();
}

void lock_setup(bool (*needed)(void))
{
	fork_needs = needed;
	if (needed)
		(void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
	atomic_store(&process, getpid());
}
