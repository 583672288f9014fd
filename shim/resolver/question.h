/* A program's getaddrinfo() in one family, asked for both. Not async-signal-safe, as the resolver is not. All
 * that ask return 0 or an EAI_* error; errno is the resolver's. */
#ifndef DUALSTACK_QUESTION_H
#define DUALSTACK_QUESTION_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

/* The program's question, in one family. */
struct question {
	const char *node, *service;
	const struct addrinfo *hints;
};

/* Whether ERROR, an EAI_* value, says that there is no such name or no such address. */
bool question_no_address(int error);

/* Asks the program's question as it is. Leaves out answers that stand for a peer, unless NODE is a number. */
int question_ask_plainly(const struct question *q, struct addrinfo **result);

/* Puts the answer to the program's own question into OWN, and the name's other addresses into OTHER, each
 * NULL if there is none. Returns the error for OWN. If a name has no address of the program's family, one may
 * be where that question has not looked: then the program's own question is asked, too, and if it has an
 * answer, that stands alone. */
int question_ask(const struct question *q, struct addrinfo **own, struct addrinfo **other);

/* Whether a brief question may be asked now: not for a minute after one was not answered in time. */
bool question_allowed(void);

/* getaddrinfo() that asks each name server once, and waits one second for it. The minute begins if no answer
 * came in time, or one without IPv6 addresses took as long. With glibc from 2.34 on; elsewhere it waits as
 * ever. */
int question_briefly(const char *node, const char *service, const struct addrinfo *hints,
		     struct addrinfo **result);

/* gethostbyname2_r() for IPv6 addresses, likewise. */
int question_briefly6_r(const char *name, struct hostent *entry, char *buffer, size_t size,
			struct hostent **result, int *error);

#endif
