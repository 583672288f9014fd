#define _GNU_SOURCE
#include "resolver/second_question.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/real.h"

/* Enough for what NSS modules put on the stack; little in a process whose address space is limited. */
#define STACK_BYTES (1 << 20)

struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t done_or_left;
	pthread_t thread;
	bool done; /* the answer is there */
	bool left; /* nobody waits for it any more: who comes second frees */
	char *node, *service;
	struct addrinfo hints, *answer;
	struct names_list own;
};

/* Of this process: after fork() the child has none of its parent's threads. */
static _Atomic int threads;
static _Atomic pid_t threads_of;
static _Atomic uint32_t respite_until;

static uint32_t seconds(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint32_t)t.tv_sec;
}

void lookup_add(struct names_list *list, const struct addrinfo *answer)
{
	for (; answer; answer = answer->ai_next) {
		struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
		struct sockaddr_in6 in6;
		struct sockaddr_in in;

		if (answer->ai_family == AF_INET6) {
			memcpy(&in6, answer->ai_addr, sizeof in6);
			names_add(list, &in6.sin6_addr, in6.sin6_scope_id);
		} else if (answer->ai_family == AF_INET) {
			memcpy(&in, answer->ai_addr, sizeof in);
			memcpy(mapped.s6_addr + 12, &in.sin_addr, 4);
			names_add(list, &mapped, 0);
		}
	}
}

static void free_lookup(struct lookup *l)
{
	(void)pthread_cond_destroy(&l->done_or_left);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->node);
	free(l->service);
	free(l);
}

static void note_late(struct lookup *l)
{
	struct names_list list = {.count = 0};

	lookup_add(&list, l->answer);
	for (uint32_t i = 0; i < l->own.count; i++)
		names_add(&list, &l->own.addresses[i].addr, l->own.addresses[i].scope);
	if (l->answer) {
		names_note(l->node, &list);
		freeaddrinfo(l->answer);
	}
}

static void *ask(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *answer;
	bool left;

	if (real.getaddrinfo(l->node, l->service, &l->hints, &answer) != 0)
		answer = NULL;
	(void)pthread_mutex_lock(&l->lock);
	l->answer = answer;
	l->done = true;
	left = l->left;
	(void)pthread_cond_signal(&l->done_or_left);
	(void)pthread_mutex_unlock(&l->lock);
	if (left) {
		note_late(l);
		free_lookup(l);
	}
	atomic_fetch_sub(&threads, 1);
	return NULL;
}

/* The program's signals are for its own threads. */
static int start_thread(struct lookup *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int result;

	if (pthread_attr_init(&attr) != 0)
		return -ENOMEM;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	result = pthread_create(&l->thread, &attr, ask, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -result;
}

/* A thread has a heap of its own, for which glibc reserves 64 MB of addresses. */
static bool has_room(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur >= LOOKUP_ADDRESS_SPACE;
}

static bool take_thread(void)
{
	pid_t self = getpid();

	if (atomic_exchange(&threads_of, self) != self)
		atomic_store(&threads, 0);
	if (atomic_fetch_add(&threads, 1) < LOOKUP_THREADS)
		return true;
	atomic_fetch_sub(&threads, 1);
	return false;
}

static struct lookup *new_lookup(const char *node, const char *service, const struct addrinfo *hints)
{
	struct lookup *l = calloc(1, sizeof *l);
	pthread_condattr_t attr;

	if (!l)
		return NULL;
	l->hints = *hints;
	l->node = strdup(node);
	l->service = service ? strdup(service) : NULL;
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->done_or_left, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (l->node && (l->service || !service))
		return l;
	free_lookup(l);
	return NULL;
}

struct lookup *lookup_start(const char *node, const char *service, const struct addrinfo *hints)
{
	struct lookup *l = NULL;
	int saved = errno;

	if (has_room() && take_thread()) {
		l = new_lookup(node, service, hints);
		if (!l || start_thread(l) != 0) {
			atomic_fetch_sub(&threads, 1);
			if (l)
				free_lookup(l);
			l = NULL;
		}
	}
	errno = saved;
	return l;
}

static bool in_respite(void)
{
	return (int32_t)(atomic_load(&respite_until) - seconds()) > 0;
}

/* Called with the lock, which is given up meanwhile. */
static void wait_for(struct lookup *l, long ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!l->done && pthread_cond_timedwait(&l->done_or_left, &l->lock, &until) == 0)
		;
}

struct addrinfo *lookup_finish(struct lookup *l, bool hope, const struct names_list *own)
{
	struct addrinfo *answer = NULL;
	int saved = errno, cancel;
	bool done;

	if (!l)
		return NULL;
	/* pthread_cond_timedwait() is a cancellation point; a cancelled thread would leave L behind. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	(void)pthread_mutex_lock(&l->lock);
	if (!in_respite())
		wait_for(l, LOOKUP_PATIENCE);
	else if (hope)
		wait_for(l, LOOKUP_LAST_HOPE);
	done = l->done;
	answer = l->answer;
	l->own = *own;
	l->left = true;
	/* A program may do what only one with a single thread may (unshare(2)): better if it is gone. */
	if (!done)
		(void)pthread_detach(l->thread);
	(void)pthread_mutex_unlock(&l->lock);
	if (done) {
		(void)pthread_join(l->thread, NULL);
		free_lookup(l);
	} else if (!in_respite())
		atomic_store(&respite_until, seconds() + LOOKUP_RESPITE);
	(void)pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return answer;
}
