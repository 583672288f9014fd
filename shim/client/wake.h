/* Threads that have waited in epoll_wait() since before any connect was in progress. One of them has to learn
 * of a connect, and drive it from then on. Async-signal-safe, callable from any thread; errno is left alone.
 */
#ifndef DUALSTACK_WAKE_H
#define DUALSTACK_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>

/* The calling thread begins and ends such a wait. */
void wake_begin(void);
void wake_end(void);

/* FD, whose connect is in progress, is registered in the epoll set SET for EVENT. If a thread may wait there,
 * wakes it by an event with the same data. A thread of a process without the library takes that for an event
 * of FD without a meaning. */
void wake_waiter(int set, const struct epoll_event *event);

/* The same for a registration that is older than the connect. */
void wake_waiters(int fd);

/* Events of the library's that no thread has swallowed. They may outlast the connect. */
extern __attribute__((visibility("hidden"))) _Atomic int wake_under_way;

/* Whether EVENT of SET is the library's. If so, its source is removed from SET. */
bool wake_swallow(int set, const struct epoll_event *event);

#endif
