/* The lock of connects in progress (connects.h).
 *
 * Its holder is neither interrupted by a signal handler nor cancelled, and makes no call that waits. So it is
 * held for a short time only, and a handler that waits for it waits for another thread, never for the one
 * that it has interrupted. fork() does not wait for it. Async-signal-safe and callable from any thread. */
#ifndef DUALSTACK_LOCK_H
#define DUALSTACK_LOCK_H

#include <signal.h>
#include <stdbool.h>

/* Signals held back for longer than the lock: it may be taken several times, and only waits let signals in.
 * So a signal that comes between two waits of the library ends the second one, as it would end the program's
 * only one. */
struct lock_hold {
	sigset_t signals; /* blocked before */
	bool on;
};

/* The state before: signals, whether the thread can be cancelled, errno. */
struct lock {
	struct lock_hold hold;
	int cancel, error;
};

/* Called once, when the library is loaded. IN_CHILD, unless NULL, is called in the child of each fork().
 * WHOLE: no other thread held the lock at that moment, so the data that it guards is consistent. */
void lock_setup(void (*in_child)(bool whole));

/* Holds signals back, unless H does so already or lock_take() would return false. H begins as {.on = false}.
 */
void lock_hold(struct lock_hold *h);

/* The mask for a wait such as ppoll(), which lets in the signals that H holds back. MASK is the one that the
 * program asks for; NULL: the thread's. lock_hold_again() follows the wait. If a handler jumps out of the
 * wait, siglongjmp() does all that is needed. */
const sigset_t *lock_let_in(const struct lock_hold *h, const sigset_t *mask);
void lock_hold_again(const struct lock_hold *h);

/* Lets them in for good. H is a struct lock_hold: a handler of pthread_cleanup_push(). errno is left alone.
 */
void lock_release(void *h);

/* Takes the lock. Returns false if nothing may be done: in a child of vfork() or _Fork(), or if the thread
 * has the lock already, because a preload library behind this one has called a hook. */
bool lock_take(struct lock *l);

/* Gives back the lock, and restores errno. Returns whether it logged an outcome; then there may be more to
 * do. */
bool lock_give(struct lock *l);

/* Under the lock: what lock_give() is to log; empty if nothing. Writing to the log may wait, so it is done
 * without the lock. There is room for one line. */
enum { LOCK_LINE = 500 };
extern __attribute__((visibility("hidden"))) char lock_line[LOCK_LINE];

#endif
