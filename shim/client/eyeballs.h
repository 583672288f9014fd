/* One connect to the addresses of a name: its data, for happy_eyeballs.c and those who look at it. */
#ifndef DUALSTACK_EYEBALLS_H
#define DUALSTACK_EYEBALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "client/hidden.h"
#include "resolver/known_names.h"
#include "socket/replace.h"

/* ms that the other attempts have once the address that the program asked for has failed. */
enum { EYEBALLS_GRACE = 1000 };

/* Of an attempt. The first that is CONNECTED ends the whole. */
enum eyeballs_state { EYEBALLS_WAITING, EYEBALLS_GOING, EYEBALLS_FAILED };

struct eyeballs_attempt {
	struct names_address to;
	enum eyeballs_state state;
	struct hidden at;
	int error;             /* of one that failed; 0 where only the kernel knows it */
	uint32_t began, ended; /* ms since BEGAN below */
};

/* What is atomic is read by those who have not taken E, to see whether there is something to do. */
struct eyeballs {
	_Atomic uint64_t cookie; /* of the socket on FD */
	_Atomic uint64_t due;    /* ms; when eyeballs_step() has something to do, whatever happens */
	uint64_t began;          /* ms */
	struct attempt_plan plan;
	struct eyeballs_attempt attempts[NAMES_ADDRESSES + 1];
	int fd;              /* the program's descriptor */
	uint32_t count;      /* of attempts; one more has the program's own socket if no attempt uses it */
	uint32_t own, asked; /* which attempt has it, and which is for the address asked for */
	/* What the program has registered for FD since it began to connect. */
	struct replace_known registered;
	bool used;
	bool planned;   /* PLAN is complete */
	unsigned moved; /* connects_changes since another socket was put on FD, or since it began */
	char name[NAMES_TEXT];
};

#endif
