/* Whether the process may hold a socket more than once. A wrong answer only makes the library look closer: a
 * copy that is gone still counts. Async-signal-safe and callable from any thread; errno is left alone. */
#ifndef DUALSTACK_HOLDINGS_H
#define DUALSTACK_HOLDINGS_H

#include <stdbool.h>

/* Any socket may have a second descriptor from now on: one was inherited or received. */
void holdings_note_copy(void);

/* FROM has been copied to TO. Notes that if it is an Internet socket or an epoll set. */
void holdings_note_duplicate(int from, int to);

/* Whether some socket may have a second descriptor; and whether that of FD may, because FD's number has been
 * that of a copied one. */
bool holdings_copied(void);
bool holdings_has_copy(int fd);

/* SET is an epoll set. */
void holdings_note_set(int set);

/* Calls VISIT for each descriptor that has ever been an epoll set, until it returns something other than 0,
 * and returns that, else 0. */
int holdings_each_set(int (*visit)(int set, void *arg), void *arg);

/* Notes that descriptor FD has been registered in an epoll set; and returns whether one with FD's number may
 * have been. */
void holdings_note_registration(int fd);
bool holdings_registered(int fd);

/* Notes that descriptor FD is waited for; and returns whether an epoll set may have been waited for, or
 * registered in another one. */
void holdings_note_wait(int fd);
bool holdings_nested(void);

/* SET is no epoll set any more. */
void holdings_forget_set(int set);

#endif
