#define _GNU_SOURCE
#include <arpa/inet.h>
#include <string.h>

#include "base/real.h"
#include "resolver/answers.h"

bool answers_literal(const char *node)
{
	struct in_addr in;

	return strchr(node, ':') || real.inet_aton(node, &in);
}
