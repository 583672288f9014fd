/* glibc's resolver reads its timeouts from _res, which is per thread (resolver(3)). For AF_UNSPEC, both
 * queries go out at once. If a server answers only the A query, the resolver tries twice more with one query
 * after the other (resolv/res_send.c, send_dg()), three seconds in all, unless RES_SNGLKUPREOP is set from
 * the start. */
#define _GNU_SOURCE
#include "resolver/bounded.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <pthread.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/real.h"
#include "resolver/answers.h"

static _Atomic uint32_t respite_until;

bool bounded_allowed(void)
{
	return (int32_t)(atomic_load(&respite_until) - (uint32_t)(clock_ms() / 1000)) <= 0;
}

/* A query without an answer takes a second; with two servers a little less. */
static void note_time(uint64_t began, bool answered)
{
	uint64_t now = clock_ms();

	if (!answered && now - began >= 900)
		atomic_store(&respite_until, (uint32_t)(now / 1000) + BOUNDED_RESPITE);
}

#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 34)
#define RESOLVER_WITHIN
#endif
#endif

#ifdef RESOLVER_WITHIN
/* The thread's _res before. After a siglongjmp() out of the resolver, the next question finds it here. */
static __thread struct {
	bool lent;
	int retrans, retry;
	unsigned long options;
} before __attribute__((tls_model("initial-exec")));

static void give_back(void *unused)
{
	(void)unused;
	if (!before.lent)
		return;
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
	before.lent = true;
	_res.retrans = BOUNDED_PATIENCE;
	_res.retry = 1;
	_res.options |= RES_SNGLKUP | RES_SNGLKUPREOP;
}
bool bounded_searches(const char *name)
{
	const size_t size = strlen(name);

	return size && name[size - 1] != '.' && _res.dnsrch[0];
}
#else
bool bounded_searches(const char *name)
{
	return *name && name[strlen(name) - 1] != '.';
}

static void give_back(void *unused)
{
	(void)unused;
}

static void lend(void)
{
}
#endif

int bounded_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	const uint64_t began = clock_ms();
	int error, saved;

	lend();
	pthread_cleanup_push(give_back, NULL);
	error = real.getaddrinfo(node, service, hints, result);
	saved = errno;
	pthread_cleanup_pop(1);
	note_time(began, error == 0 && answers_has(*result, AF_INET6));
	errno = saved;
	return error;
}

int bounded_gethostbyname6_r(const char *name, struct hostent *entry, char *buffer, size_t size,
			     struct hostent **result, int *error)
{
	const uint64_t began = clock_ms();
	int status, saved;

	lend();
	pthread_cleanup_push(give_back, NULL);
	status = real.gethostbyname2_r(name, AF_INET6, entry, buffer, size, result, error);
	saved = errno;
	pthread_cleanup_pop(1);
	note_time(began, status == 0 && *result);
	errno = saved;
	return status;
}
