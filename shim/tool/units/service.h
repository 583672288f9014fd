/* What the service manager says of one service, and lines about it. */
#ifndef DUALSTACK_SERVICE_H
#define DUALSTACK_SERVICE_H

#include "tool/systemctl.h"

#include <stddef.h>

struct service {
	const char *name;
	struct texts properties; /* systemctl.h */
};

/* The next word of *AT, which is moved behind it, of *SIZE bytes; NULL at the end. Words of properties have
 * blanks between them and no quotes. */
const char *service_word(const char **at, size_t *size);

/* Warns of SETTING=VALUE; a long VALUE is cut. */
__attribute__((format(printf, 4, 5))) void service_warn(const struct service *service, const char *setting,
							const char *value, const char *format, ...);

#endif
