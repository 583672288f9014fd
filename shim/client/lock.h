/* Taking turns: threads that look after connects in progress (connects.h) do so one at a time.
 *
 * Who has the turn is neither interrupted by a signal handler nor cancelled, and makes no call that waits, so
 * it is short, and a handler that waits for it waits for another thread, never for what it has interrupted.
 * Without a connect in progress nobody takes it. Async-signal-safe and callable from any thread. */
#ifndef DUALSTACK_LOCK_H
#define DUALSTACK_LOCK_H

#include <signal.h>
#include <stdbool.h>

/* How it was before: signals, whether the thread can be cancelled, errno. */
struct lock {
	sigset_t signals;
	int cancel, error;
};

/* Called once, when the library is loaded. NEEDED, unless NULL, says whether fork() has to take a turn, so
 * that the child finds everything whole. */
void lock_setup(bool (*needed)(void));

/* Takes the turn. Returns false where nothing may be done: in a child of vfork(), which has its parent's
 * memory, and where the thread has the turn already, because another library that stands behind this one came
 * back to the hooks. */
bool lock_take(struct lock *t);

/* Gives it back, and errno. Returns whether there was something to log, which there may be more of. */
bool lock_give(const struct lock *t);

/* What is to be logged of one connect, of the descriptor FD to NAME, when the turn is given back: whoever
 * reads the log may have to wait for it. There is room for one. */
enum { LOCK_TEXT = 420 };
void lock_log(int fd, const char *name, const char *text);
bool lock_has_logged(void);

/* Holds back all signals but those that come from what the thread itself does, which can't wait (a sandbox's
 * SIGSYS); HELD is which, and BEFORE the mask to put back. */
void lock_hold_signals(sigset_t *held, sigset_t *before);

#endif
