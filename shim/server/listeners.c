#define _GNU_SOURCE
#include "server/listeners.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/sys.h"
#include "config/config.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"

/* A socket has a time of last change (inode(7)), which the kernel never sets, not even at first: it has what
 * an earlier socket left in that memory. The library keeps there which process made the socket, and how often
 * that had forked, counted from a number that no other program with this process id has. The socket's cookie
 * is added as a check. */
enum { TURNS = 1000000000 };
static _Atomic long turn;
static _Atomic pid_t process;

/* The descriptors that such a socket has ever had, a bit for each. BEYOND: also a higher number. */
enum { NUMBERS = 1024, BITS = 32 };
static _Atomic unsigned numbers[NUMBERS / BITS];
static _Atomic bool beyond;

static void next_turn(void)
{
	atomic_store_explicit(&turn, (atomic_load_explicit(&turn, memory_order_relaxed) + 1) % TURNS,
			      memory_order_relaxed);
}

static void note_process(void)
{
	atomic_store_explicit(&process, getpid(), memory_order_relaxed);
}

void listeners_setup(void)
{
	const void *seed;

	/* 16 random bytes, others after each exec (getauxval(3)). They are hashed because others can read the
	 * note, and the C library's stack protector uses them, too. */
	memcpy(&seed, &(unsigned long){getauxval(AT_RANDOM)}, sizeof seed);
	if (seed)
		atomic_store_explicit(&turn, (long)(hash_bytes(&config.key, seed, 16) % TURNS),
				      memory_order_relaxed);
	note_process();
	(void)pthread_atfork(NULL, next_turn, note_process);
}

static void set(int fd, time_t maker, long at)
{
	const struct timespec times[2] = {{0, UTIME_OMIT}, {maker, at}};

	(void)futimens(fd, times);
}

static long stamp_of(int fd)
{
	const uint64_t number = (uint64_t)atomic_load_explicit(&turn, memory_order_relaxed);

	return (long)((number + socket_cookie(fd) * 0x9e3779b1) % TURNS);
}

void listeners_note(int fd, int at)
{
	set(fd, getpid(), stamp_of(fd));
	if (at < NUMBERS)
		atomic_fetch_or(&numbers[at / BITS], 1u << at % BITS);
	else
		atomic_store(&beyond, true);
}

static bool noted_by(int fd, pid_t maker)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_mtim.tv_sec == maker &&
	       st.st_mtim.tv_nsec == stamp_of(fd);
}

bool listeners_are_ours(int fd)
{
	return noted_by(fd, getpid());
}

void listeners_hand_on(int fd)
{
	if (listeners_are_ours(fd) || noted_by(fd, atomic_load_explicit(&process, memory_order_relaxed)))
		set(fd, 0, 0);
}

static int inherit(int fd, void *arg)
{
	const bool *cloexec_too = arg;

	if (*cloexec_too || !(sys_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC))
		listeners_hand_on(fd);
	return 0;
}

void listeners_inherit(bool spawned, bool cloexec_too)
{
	if (!spawned && getpid() == atomic_load_explicit(&process, memory_order_relaxed))
		return;
	if (atomic_load(&beyond) || holdings_copied()) {
		(void)descriptors_each(inherit, &cloexec_too);
		return;
	}
	for (int i = 0; i < NUMBERS / BITS; i++) {
		unsigned word = atomic_load_explicit(&numbers[i], memory_order_relaxed);

		for (int bit = 0; bit < BITS && word >> bit; bit++)
			if (word >> bit & 1)
				(void)inherit(i * BITS + bit, &cloexec_too);
	}
}
