/* getaddrinfo_a() and its kin. The threads that glibc starts for them call getaddrinfo() inside the C library
 * (glibc 2.34 and later, resolv/gai_misc.c), so they would get past the library. These do the same with
 * hook_getaddrinfo(): one thread for each request, which blocks all signals. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#ifdef __GLIBC__
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/wait.h"
#include "config/config.h"

struct lookup {
	struct lookups *all;
	struct gaicb *request;
};

/* The requests of one call. The last that is done tells the program and frees them. */
struct lookups {
	atomic_int left;
	struct sigevent event;
	struct lookup each[];
};

/* Changes when a request is done; gai_suspend() waits for that. */
static atomic_uint requests_done;

static void *call_program(void *lookups)
{
	const struct sigevent event = ((struct lookups *)lookups)->event;
	sigset_t none;

	free(lookups);
	(void)sigemptyset(&none);
	(void)pthread_sigmask(SIG_SETMASK, &none, NULL);
	if (!event.sigev_notify_attributes)
		(void)pthread_detach(pthread_self());
	event.sigev_notify_function(event.sigev_value);
	return NULL;
}

static void tell_program(struct lookups *all)
{
	const struct sigevent *event = &all->event;
	siginfo_t info = {.si_signo = event->sigev_signo, .si_code = SI_ASYNCNL};
	pthread_t thread;

	if (event->sigev_notify == SIGEV_THREAD &&
	    pthread_create(&thread, event->sigev_notify_attributes, call_program, all) == 0)
		return;
	if (event->sigev_notify == SIGEV_SIGNAL) {
		info.si_pid = getpid();
		info.si_uid = getuid();
		info.si_value = event->sigev_value;
		(void)syscall(SYS_rt_sigqueueinfo, info.si_pid, event->sigev_signo, &info);
	}
	free(all);
}

/* COUNT more of ALL are done, or have failed. After the last, the program is told. */
static void drop(struct lookups *all, int count)
{
	if (atomic_fetch_sub(&all->left, count) == count)
		tell_program(all);
}

/* After this, the program may free REQUEST. */
static void end(struct gaicb *request, int error)
{
	__atomic_store_n(&request->__return, error, __ATOMIC_RELEASE);
	atomic_fetch_add(&requests_done, 1);
	(void)syscall(SYS_futex, &requests_done, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static void *look_up(void *lookup)
{
	const struct lookup one = *(const struct lookup *)lookup;
	struct gaicb *r = one.request;

	(void)pthread_detach(pthread_self());
	end(r, hook_getaddrinfo(r->ar_name, r->ar_service, r->ar_request, &r->ar_result));
	drop(one.all, 1);
	return NULL;
}

/* Returns how many threads were started. */
static int start(struct lookups *all, int count)
{
	int started = 0;
	sigset_t blocked, before;
	pthread_t thread;

	(void)sigfillset(&blocked);
	(void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
	while (started < count && pthread_create(&thread, NULL, look_up, &all->each[started]) == 0)
		started++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int hook_getaddrinfo_a(int mode, struct gaicb **list, int count, struct sigevent *event)
{
	struct lookups *all;
	int requests = 0, started, result = 0;

	hooks_start();
	if (!config.active || (mode != GAI_WAIT && mode != GAI_NOWAIT))
		return real.getaddrinfo_a(mode, list, count, event);
	all = malloc(sizeof *all + (size_t)(count > 0 ? count : 0) * sizeof *all->each);
	if (!all)
		return EAI_MEMORY;
	all->event = event && mode == GAI_NOWAIT ? *event : (struct sigevent){.sigev_notify = SIGEV_NONE};
	for (int i = 0; i < count; i++)
		if (list[i]) {
			list[i]->ar_result = NULL;
			list[i]->__return = EAI_INPROGRESS;
			all->each[requests++] = (struct lookup){all, list[i]};
		}
	/* One is this call itself. */
	atomic_init(&all->left, requests + 1);
	started = start(all, requests);
	for (int i = started; i < requests; i++)
		end(all->each[i].request, EAI_AGAIN);
	drop(all, 1 + requests - started);
	while (mode == GAI_WAIT && result == 0)
		result = hook_gai_suspend((const struct gaicb *const *)list, count, NULL);
	if (result == EAI_INTR)
		return result;
	return started < requests ? EAI_AGAIN : 0;
}

static int count_in_progress(const struct gaicb *const *list, int count)
{
	int found = 0;

	for (int i = 0; i < count; i++)
		found += list[i] && __atomic_load_n(&list[i]->__return, __ATOMIC_ACQUIRE) == EAI_INPROGRESS;
	return found;
}

/* Waits until requests_done is not SEEN any more, or until END; may return early. A cancellation point, as
 * gai_suspend() is. Returns 0 or -1 with errno. */
static int wait_for_another(unsigned seen, int64_t end)
{
	struct timespec left;
	long result;
	int type;

	/* NOLINTNEXTLINE(cert-pos47-c) -- glibc cancels its own calls so; this one holds nothing */
	(void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	result = syscall(SYS_futex, &requests_done, FUTEX_WAIT_PRIVATE, seen, wait_rest(end, &left), NULL, 0);
	(void)pthread_setcanceltype(type, &type);
	return (int)result;
}

int hook_gai_suspend(const struct gaicb *const *list, int count, const struct timespec *timeout)
{
	const int at_first = count_in_progress(list, count), saved = errno;
	int64_t end;
	unsigned seen;

	hooks_start();
	if (!config.active)
		return real.gai_suspend(list, count, timeout);
	end = wait_end(timeout);
	if (!at_first)
		return EAI_ALLDONE;
	for (;;) {
		seen = atomic_load(&requests_done);
		if (count_in_progress(list, count) != at_first)
			return 0;
		if (wait_for_another(seen, end) != 0 && errno == EINTR)
			return EAI_INTR;
		errno = saved;
		if (clock_ns() >= end)
			return EAI_AGAIN;
	}
}

int hook_gai_cancel(struct gaicb *request)
{
	hooks_start();
	if (!config.active)
		return real.gai_cancel(request);
	return count_in_progress((const struct gaicb *const *)&request, 1) ? EAI_NOTCANCELED : EAI_ALLDONE;
}
#endif
