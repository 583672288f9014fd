/* Threads that wait in epoll_wait() since before anything was in progress: one of them has to learn that a
 * connect is, and drive it from then on. Async-signal-safe, callable from any thread; errno is left alone. */
#ifndef DUALSTACK_WAKE_H
#define DUALSTACK_WAKE_H

#include <stdbool.h>
#include <sys/epoll.h>

/* The calling thread begins and ends such a wait. */
void wake_begin(void);
void wake_end(void);

/* FD, whose connect is in progress, is registered in the epoll set SET for EVENT. Wakes a thread that waits
 * there, if any may: by an event with the same data, which a thread without the library takes for one of FD's
 * without a meaning. */
void wake_waiter(int set, const struct epoll_event *event);

/* The same for a registration that is older than the connect. */
void wake_waiters(int fd);

/* Whether EVENT of SET is such an event of the library's; then it is gone. */
bool wake_swallow(int set, const struct epoll_event *event);

#endif
