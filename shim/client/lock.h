/* Taking turns: threads that look after connects in progress (attempts.h) do so one at a time.
 *
 * Who has the turn is neither interrupted by a signal handler nor cancelled, and makes no call that waits, so
 * it is short, and a handler that waits for it waits for another thread, never for what it has interrupted.
 * Without a connect in progress nobody takes it. Async-signal-safe and callable from any thread. */
#ifndef DUALSTACK_TURN_H
#define DUALSTACK_TURN_H

#include <signal.h>
#include <stdbool.h>

/* How it was before: signals, whether the thread can be cancelled, errno. */
struct turn {
	sigset_t signals;
	int cancel, error;
};

/* Called once, when the library is loaded. NEEDED, unless NULL, says whether fork() has to take a turn, so
 * that the child finds everything whole. */
void turn_setup(bool (*needed)(void));

/* Takes the turn. Returns false where nothing may be done: in a child of vfork(), which has its parent's
 * memory, and where the thread has the turn already, because another library that stands behind this one came
 * back to the hooks. */
bool turn_take(struct turn *t);

/* Gives it back, and errno. Returns whether there was something to log, which there may be more of. */
bool turn_give(const struct turn *t);

/* What is to be logged of one connect, of the descriptor FD to NAME, when the turn is given back: whoever
 * reads the log may have to wait for it. There is room for one. */
enum { TURN_TEXT = 420 };
void turn_log(int fd, const char *name, const char *text);
bool turn_has_logged(void);

/* Holds back all signals but those that come from what the thread itself does, which can't wait (a sandbox's
 * SIGSYS); HELD is which, and BEFORE the mask to put back. */
void turn_hold_signals(sigset_t *held, sigset_t *before);

#endif
