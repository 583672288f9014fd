/* The table of peers under ThreadSanitizer, which exits with 66 when it finds a race: threads that ask
 * for new peers and the way back at the same time, and a signal handler that does so amid all that. No
 * answer may ever be another peer's, and threads that ask for the same new peer get the same answer. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "address/synthetic.h"
#include "config/config.h"

struct config config = {.key = {1, 2}};

enum { THREADS = 4, ROUNDS = 60000, NETWORKS = 2500 };

static _Atomic int wrong, checked, interrupts;

static void check(unsigned host)
{
	struct in6_addr a = {.s6_addr = {0x20, 1, 0xd, 0xb8}}, back;
	uint32_t scope;
	in_addr_t shown;

	memcpy(a.s6_addr + 12, &host, sizeof host);
	shown = synthetic_of(&a, 0);
	/* Pushed out meanwhile is fine. */
	if (synthetic_real(shown, &back, &scope) != 0)
		return;
	atomic_fetch_add(&checked, 1);
	if (memcmp(&a, &back, sizeof a) != 0)
		atomic_fetch_add(&wrong, 1);
}

static void *work(void *arg)
{
	unsigned seed = (unsigned)(long)arg;

	for (int i = 0; i < ROUNDS; i++)
		check((unsigned)rand_r(&seed) % NETWORKS);
	return NULL;
}

/* Two threads ask for each of MEETINGS new peers at the same time. */
enum { MEETINGS = 1000 };
static in_addr_t answers[2][MEETINGS];
static _Atomic unsigned arrived;

static void *meet(void *arg)
{
	const long me = (long)arg;

	for (unsigned i = 0; i < MEETINGS; i++) {
		const unsigned network = i * 2654435761u;
		struct in6_addr a = {.s6_addr = {0xfd}};

		memcpy(a.s6_addr + 4, &network, sizeof network);
		atomic_fetch_add(&arrived, 1);
		while (atomic_load(&arrived) < 2 * (i + 1))
			;
		answers[me][i] = synthetic_of(&a, 0);
	}
	return NULL;
}

/* How often they got different answers. If a thread is interrupted while it writes, the other does not wait.
 */
static int disagreements(void)
{
	pthread_t other;
	int count = 0;

	pthread_create(&other, NULL, meet, (void *)1);
	(void)meet((void *)0);
	pthread_join(other, NULL);
	for (int i = 0; i < MEETINGS; i++)
		count += answers[0][i] != answers[1][i];
	return count;
}

static void interrupt(int number)
{
	static _Atomic unsigned seed = 99;

	(void)number;
	for (int i = 0; i < 20; i++)
		check(atomic_fetch_add(&seed, 7919) % NETWORKS);
	atomic_fetch_add(&interrupts, 1);
}

int main(void)
{
	const struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	pthread_t threads[THREADS];
	int differ = disagreements();

	signal(SIGALRM, interrupt);
	setitimer(ITIMER_REAL, &often, NULL);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	printf("%d answers, %d signals, %d wrong, %d different\n", checked, interrupts, wrong, differ);
	return wrong || !checked || !interrupts || differ > MEETINGS / 10;
}
