/* What the program has registered with its epoll sets for a descriptor whose connect is in progress. */
#ifndef DUALSTACK_REGISTERED_H
#define DUALSTACK_REGISTERED_H

#include <stdbool.h>
#include <sys/epoll.h>

#include "socket/replace.h"

/* For who has taken the entry (slots.h). Async-signal-safe; errno is undefined afterwards. */

/* Notes the program's epoll_ctl(), which has succeeded. */
void registered_note(struct replace_known *known, int set, int operation, int fd,
		     const struct epoll_event *event);

/* Whether EVENT, which SET tells of, is for one of KNOWN. Then one that fires once is armed again. */
bool registered_tells(struct replace_known *known, int set, const struct epoll_event *event);

#endif
