#include "client/outcome.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/sockaddr.h"
#include "client/lock.h"

void outcome_text(const struct eyeballs *e, const struct eyeballs_attempt *won, uint64_t time, char *text)
{
	const size_t size = LOCK_TEXT;
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < e->count && used < size - 1; i++) {
		const struct eyeballs_attempt *a = &e->attempts[i];
		const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
						.sin6_port = e->plan.port,
						.sin6_addr = a->to.addr,
						.sin6_scope_id = a->to.scope};
		bool going = a->state == EYEBALLS_GOING;
		uint32_t until = going ? (uint32_t)(time - e->began) : a->ended;
		char addr[SOCKADDR_TEXT];

		if (a->state == EYEBALLS_WAITING)
			continue;
		(void)sockaddr_text_either(&to, addr);
		used += log_text(text + used, size - used, "%s%s %s after %u ms", used ? ", " : "", addr,
				 a == won   ? "connected"
				 : going    ? "given up"
				 : a->error ? log_errno(a->error)
					    : "failed",
				 until - a->began);
	}
}
