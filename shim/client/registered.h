/* The program's registrations in epoll sets of a descriptor whose connect is in progress. */
#ifndef DUALSTACK_REGISTERED_H
#define DUALSTACK_REGISTERED_H

#include <stdint.h>
#include <sys/epoll.h>

#include "socket/descriptors.h"
#include "socket/replace.h"

/* The caller has taken the entry (slots.h). Async-signal-safe; errno is undefined afterwards. */

/* Notes the program's epoll_ctl(), which has succeeded. */
void registered_note(struct replace_known *known, int set, int operation, int fd,
		     const struct epoll_event *event);

/* The registration in KNOWN to which EVENT of SET belongs, or NULL. */
struct descriptors_registration *registered_find(struct replace_known *known, int set,
						 const struct epoll_event *event);

/* Arms R again if it is EPOLLONESHOT, and the event FIRED is not passed on to the program. */
void registered_arm_again(struct descriptors_registration *r, uint32_t fired);

#endif
