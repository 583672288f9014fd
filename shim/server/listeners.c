#include "server/listeners.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "base/large.h"
#include "socket/facts.h"

/* By cookie, of this process alone. */
enum { MOST = 64 };
static LARGE _Atomic uint64_t noted[MOST];
static _Atomic unsigned next;
static _Atomic pid_t process;

static void forget(void)
{
	if (atomic_load_explicit(&next, memory_order_relaxed) != 0)
		for (size_t i = 0; i < MOST; i++)
			atomic_store_explicit(&noted[i], 0, memory_order_relaxed);
	atomic_store_explicit(&process, getpid(), memory_order_relaxed);
}

void listeners_setup(void)
{
	forget();
	(void)pthread_atfork(NULL, forget, forget);
}

void listeners_note(int fd)
{
	unsigned slot = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % MOST;

	if (getpid() == atomic_load_explicit(&process, memory_order_relaxed))
		atomic_store_explicit(&noted[slot], socket_cookie(fd), memory_order_relaxed);
}

bool listeners_are_ours(int fd)
{
	uint64_t cookie = socket_cookie(fd);

	if (!cookie || getpid() != atomic_load_explicit(&process, memory_order_relaxed))
		return false;
	for (size_t i = 0; i < MOST; i++)
		if (atomic_load_explicit(&noted[i], memory_order_relaxed) == cookie)
			return true;
	return false;
}
