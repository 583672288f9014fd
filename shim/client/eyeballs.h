/* The data of one connect to the addresses of a name, for happy_eyeballs.c and its callers. */
#ifndef DUALSTACK_EYEBALLS_H
#define DUALSTACK_EYEBALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "client/hidden.h"
#include "resolver/known_names.h"
#include "socket/replace.h"

/* ms that the other attempts still have after the address that the program asked for has failed. */
enum { EYEBALLS_GRACE = 1000 };

/* The state of an attempt. There is no "connected": the first attempt to succeed ends the connect. */
enum eyeballs_state { EYEBALLS_WAITING, EYEBALLS_GOING, EYEBALLS_FAILED };

struct eyeballs_attempt {
	struct names_address to;
	enum eyeballs_state state;
	struct hidden at;
	int error;             /* if it has failed; 0 if only the kernel knows the error */
	uint32_t began, ended; /* ms since BEGAN below */
};

/* The atomic members are also read without taking E, to see whether there is something to do. */
struct eyeballs {
	_Atomic uint64_t cookie; /* of the socket on FD */
	_Atomic uint64_t due;    /* ms; when eyeballs_step() has something to do even if nothing happens */
	uint64_t began;          /* ms */
	struct attempt_plan plan;
	struct eyeballs_attempt attempts[NAMES_ADDRESSES + 1];
	int fd;              /* the program's descriptor */
	uint32_t count;      /* of attempts; one more has the program's own socket if no attempt uses it */
	uint32_t own, asked; /* the attempts with the program's own socket, and to the address asked for */
	/* The program's registrations for FD since it began to connect. */
	struct replace_known registered;
	bool used;
	bool planned;   /* PLAN is complete */
	unsigned moved; /* connects_changes when a socket was last put on FD, or at the beginning */
	char name[NAMES_TEXT];
};

#endif
