/* The lock of connects in progress (connects.h).
 *
 * Its holder is neither interrupted by a signal handler nor cancelled, and makes no call that waits: so it is
 * held for a short time, and a handler that waits for it waits for another thread, never for what it has
 * interrupted. fork() does not wait for it. Async-signal-safe and callable from any thread. */
#ifndef DUALSTACK_LOCK_H
#define DUALSTACK_LOCK_H

#include <signal.h>
#include <stdbool.h>

/* Signals held back for longer: over several takings of the lock, and over waits, which alone let them in. So
 * a signal that comes between two waits of the library's ends the second one, as it would end the only one of
 * the program's. */
struct lock_hold {
	sigset_t signals; /* blocked before */
	bool on;
};

/* How it was before: signals, whether the thread can be cancelled, errno. */
struct lock {
	struct lock_hold hold;
	int cancel, error;
};

/* Called once, when the library is loaded. IN_CHILD, unless NULL, is called in the child of each fork().
 * WHOLE: no other thread held the lock at that moment, so that what it guards is whole. */
void lock_setup(void (*in_child)(bool whole));

/* Holds signals back, unless H does so already or lock_take() would return false. H begins as {.on = false}.
 */
void lock_hold(struct lock_hold *h);

/* The mask for a wait, ppoll() or the like, of a program that asks for MASK, or NULL for the thread's: it
 * lets in what H holds back. lock_hold_again() is for when the wait is over; a handler that jumps out of it
 * leaves nothing to do but what siglongjmp() does. */
const sigset_t *lock_let_in(const struct lock_hold *h, const sigset_t *mask);
void lock_hold_again(const struct lock_hold *h);

/* Lets them in for good. H is a struct lock_hold: a handler of pthread_cleanup_push(). errno is left alone.
 */
void lock_release(void *h);

/* Takes the lock. Returns false where nothing may be done: in a child of vfork() or _Fork(), and where the
 * thread has it already, because another library that stands behind this one came back to the hooks. */
bool lock_take(struct lock *l);

/* Gives it back, and errno. Returns whether there was something to log, which there may be more of. */
bool lock_give(struct lock *l);

/* Logs the outcome of one connect, of the descriptor FD to NAME, once the lock is given back: whoever reads
 * the log may have to wait for it. There is room for one. */
enum { LOCK_TEXT = 420 };
void lock_log(int fd, const char *name, const char *text);
bool lock_has_logged(void);

#endif
