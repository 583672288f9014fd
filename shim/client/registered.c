#include "client/registered.h"

#include <stddef.h>

#include "base/real.h"
#include "socket/descriptors.h"

/* When a one-shot registration fires, the kernel clears its events. FIRED has them, as a failed connect()
 * reports all but EPOLLPRI. */
void registered_arm_again(struct descriptors_registration *r, uint32_t fired)
{
	const uint32_t asked = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLRDNORM | EPOLLWRNORM;

	if (!(r->event.events & EPOLLONESHOT))
		return;
	if (!(r->event.events & asked))
		r->event.events |= fired & asked;
	(void)real.epoll_ctl(r->set, EPOLL_CTL_MOD, r->target, &r->event);
}

struct descriptors_registration *registered_find(struct replace_known *known, int set,
						 const struct epoll_event *event)
{
	for (int n = 0; n < known->count; n++)
		if (known->registrations[n].set == set &&
		    known->registrations[n].event.data.u64 == event->data.u64)
			return &known->registrations[n];
	return NULL;
}

void registered_note(struct replace_known *known, int set, int operation, int fd,
		     const struct epoll_event *event)
{
	int n = 0;

	while (n < known->count &&
	       (known->registrations[n].set != set || known->registrations[n].target != fd))
		n++;
	if (operation == EPOLL_CTL_DEL && n < known->count)
		known->registrations[n] = known->registrations[--known->count];
	else if (operation != EPOLL_CTL_DEL && n < REPLACE_KNOWN) {
		known->registrations[n] =
		    (struct descriptors_registration){.set = set, .target = fd, .event = *event};
		known->count += n == known->count;
	}
}
