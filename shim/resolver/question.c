#define _GNU_SOURCE
#include "resolver/question.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

#include "base/real.h"
#include "resolver/answers.h"
#include "resolver/bounded.h"

bool question_no_address(int error)
{
	return error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
}

int question_ask_plainly(const struct question *q, struct addrinfo **result)
{
	int error = real.getaddrinfo(q->node, q->service, q->hints, result);

	if (error || !q->node || answers_literal(q->node))
		return error;
	*result = answers_of_others(*result);
	return *result ? 0 : EAI_NONAME;
}

/* Replaces OWN, which is part of the answer to another question, by the answer to the program's own. */
static void ask_again(const struct question *q, struct addrinfo **own)
{
	struct addrinfo *again;

	if (question_ask_plainly(q, &again) != 0)
		return;
	freeaddrinfo(*own);
	*own = again;
}

/* Asks one bounded question with AF_UNSPEC. The addresses of the program's family go to OWN, the rest to
 * OTHER; each is NULL if there are none. */
static int ask_both(const struct question *q, struct addrinfo **own, struct addrinfo **other)
{
	struct addrinfo both = *q->hints, *list;
	int error;

	both.ai_family = AF_UNSPEC;
	error = bounded_getaddrinfo(q->node, q->service, &both, &list);
	if (error)
		return error;
	list = answers_of_others(list);
	*own = answers_take(&list, q->hints->ai_family);
	*other = answers_of_hosts(list);
	if (*own && answers_twofold(*other))
		ask_again(q, own);
	return *own || *other ? 0 : EAI_NONAME;
}

static bool same_name(const struct addrinfo *a, const struct addrinfo *b)
{
	return a->ai_canonname && b->ai_canonname && strcasecmp(a->ai_canonname, b->ai_canonname) == 0;
}

/* The same by a question for each family, if the program asks for the canonical name: in hosts(5), each line
 * has its own. An answer with another canonical name is dropped. The name may be in hosts(5) in the other
 * family only while no name server answers. */
static int ask_in_turn(const struct question *q, struct addrinfo **own, struct addrinfo **other)
{
	struct addrinfo hints = *q->hints;
	int error = question_ask_plainly(q, own);

	if (error && error != EAI_AGAIN && !question_no_address(error))
		return error;
	hints.ai_family = q->hints->ai_family == AF_INET ? AF_INET6 : AF_INET;
	hints.ai_flags &= ~(AI_V4MAPPED | AI_ALL);
	if (bounded_getaddrinfo(q->node, q->service, &hints, other) != 0)
		*other = NULL;
	*other = answers_of_hosts(answers_of_others(*other));
	if (!error && *other && !same_name(*own, *other)) {
		freeaddrinfo(*other);
		*other = NULL;
	}
	return error && *other ? EAI_NODATA : error;
}

/* Whether the program's own question may fail for the moment where the one for both families fails for good:
 * for AF_UNSPEC, glibc says that there is no such name if no descriptor is left to look for it, or if no name
 * server answers about IPv6. */
static bool may_be_passing(const struct question *q)
{
	return q->hints->ai_family == AF_INET6 || errno == EMFILE || errno == ENFILE;
}

int question_ask(const struct question *q, struct addrinfo **own, struct addrinfo **other)
{
	int error, saved = errno;

	*own = *other = NULL;
	if (!bounded_allowed())
		return question_ask_plainly(q, own);
	if (q->hints->ai_flags & AI_CANONNAME)
		return ask_in_turn(q, own, other);
	errno = 0;
	error = ask_both(q, own, other);
	if (question_no_address(error) && may_be_passing(q))
		return question_ask_plainly(q, own);
	errno = errno ? errno : saved;
	if (error == EAI_NONAME || error == EAI_NODATA || *own)
		return error;
	if (!*other)
		return question_ask_plainly(q, own);
	/* The resolver makes V4MAPPED addresses itself. */
	if (q->hints->ai_flags & AI_V4MAPPED) {
		freeaddrinfo(*other);
		*other = NULL;
		return question_ask_plainly(q, own);
	}
	if (!bounded_searches(q->node) || bounded_getaddrinfo(q->node, q->service, q->hints, own) != 0)
		return EAI_NODATA;
	freeaddrinfo(*other);
	*other = NULL;
	*own = answers_of_others(*own);
	return *own ? 0 : EAI_NONAME;
}
