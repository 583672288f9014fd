#define _GNU_SOURCE
#include "resolver/question.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <pthread.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/real.h"
#include "resolver/answers.h"

/* ---- questions that do not wait for long
 *
 * glibc's resolver reads its timeouts from _res, which is per thread (resolver(3)). For AF_UNSPEC, both
 * queries go out at once. If a server answers only the A query, the resolver tries twice more with one query
 * after the other (resolv/res_send.c, send_dg()), three seconds in all, unless RES_SNGLKUPREOP is set from
 * the start. */

enum {
	PATIENCE = 1, /* s for a name server's answer to each family */
	RESPITE = 60, /* s without such questions after one was not answered in time */
};

static _Atomic uint32_t respite_until;

bool question_allowed(void)
{
	return (int32_t)(atomic_load(&respite_until) - (uint32_t)(clock_ms() / 1000)) <= 0;
}

/* A query without an answer takes a second; with two servers a little less. */
static void note_time(uint64_t began, bool answered)
{
	uint64_t now = clock_ms();

	if (!answered && now - began >= 900)
		atomic_store(&respite_until, (uint32_t)(now / 1000) + RESPITE);
}

#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 34)
#define RESOLVER_WITHIN
#endif
#endif

#ifdef RESOLVER_WITHIN
/* What h_errno is not, until a name server is asked. */
enum { NOT_ASKED = -9 };

/* The thread's _res before. After a siglongjmp() out of the resolver, the next question finds it here. */
static __thread struct {
	bool lent;
	int retrans, retry, error;
	unsigned long options;
} before __attribute__((tls_model("initial-exec")));

/* Whether the last question went to a name server. */
static __thread bool asked_dns __attribute__((tls_model("initial-exec")));

static void give_back(void *unused)
{
	(void)unused;
	if (!before.lent)
		return;
	asked_dns = _res.res_h_errno != NOT_ASKED;
	if (!asked_dns)
		_res.res_h_errno = before.error;
	_res.retrans = before.retrans;
	_res.retry = before.retry;
	_res.options = before.options;
	before.lent = false;
}

static void lend(void)
{
	unsigned char packet[NS_PACKETSZ];

	give_back(NULL);
	/* Makes glibc read /etc/resolv.conf if that has changed, which it does only while _res is unchanged.
	 */
	(void)res_mkquery(QUERY, "", C_IN, T_A, NULL, 0, NULL, packet, sizeof packet);
	before.retrans = _res.retrans;
	before.retry = _res.retry;
	before.options = _res.options;
	before.error = _res.res_h_errno;
	before.lent = true;
	_res.res_h_errno = NOT_ASKED;
	_res.retrans = PATIENCE;
	_res.retry = 1;
	_res.options |= RES_SNGLKUP | RES_SNGLKUPREOP;
}
#else
static void give_back(void *unused)
{
	(void)unused;
}

static void lend(void)
{
}
#endif

static int ask_briefly(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **result)
{
	int error;

	lend();
	pthread_cleanup_push(give_back, NULL);
	error = real.getaddrinfo(node, service, hints, result);
	pthread_cleanup_pop(1);
	return error;
}

int question_briefly(const char *node, const char *service, const struct addrinfo *hints,
		     struct addrinfo **result)
{
	const uint64_t began = clock_ms();
	const int error = ask_briefly(node, service, hints, result);

	note_time(began, error == 0 && answers_has(*result, AF_INET6));
	return error;
}

int question_briefly6_r(const char *name, struct hostent *entry, char *buffer, size_t size,
			struct hostent **result, int *error)
{
	const uint64_t began = clock_ms();
	int status;

	lend();
	pthread_cleanup_push(give_back, NULL);
	status = real.gethostbyname2_r(name, AF_INET6, entry, buffer, size, result, error);
	pthread_cleanup_pop(1);
	note_time(began, status == 0 && *result);
	return status;
}

/* Whether the question for both families, which found NAME without an address of the program's, has not
 * looked everywhere: hosts(5) has the name, and a name server has the address, or a search list leads to
 * another name (resolv.conf(5)). */
static bool may_be_elsewhere(const char *name)
{
	const size_t size = strlen(name);

#ifdef RESOLVER_WITHIN
	if (!asked_dns)
		return true;
	if (!_res.dnsrch[0])
		return false;
#endif
	return size && name[size - 1] != '.';
}

/* ---- questions in one family */

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

/* Asks one brief question with AF_UNSPEC. The addresses of the program's family go to OWN, the rest to
 * OTHER; each is NULL if there are none. */
static int ask_both(const struct question *q, struct addrinfo **own, struct addrinfo **other)
{
	struct addrinfo both = *q->hints, *list;
	int error;

	both.ai_family = AF_UNSPEC;
	error = question_briefly(q->node, q->service, &both, &list);
	if (error)
		return error;
	list = answers_of_others(list);
	*own = answers_take(&list, q->hints->ai_family);
	*other = answers_of_hosts(list);
	if (*own && answers_twofold(*other))
		ask_again(q, own);
	return 0;
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
	if (question_briefly(q->node, q->service, &hints, other) != 0)
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
	if (!question_allowed())
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
	/* A server that fails to answer about IPv4 is not asked about IPv6 (send_dg()). */
	if (!*other)
		return question_allowed() ? ask_in_turn(q, own, other) : question_ask_plainly(q, own);
	/* The resolver makes V4MAPPED addresses itself. */
	if (q->hints->ai_flags & AI_V4MAPPED) {
		freeaddrinfo(*other);
		*other = NULL;
		return question_ask_plainly(q, own);
	}
	if (!may_be_elsewhere(q->node) || ask_briefly(q->node, q->service, q->hints, own) != 0)
		return EAI_NODATA;
	freeaddrinfo(*other);
	*other = NULL;
	*own = answers_of_others(*own);
	return *own ? 0 : EAI_NONAME;
}
