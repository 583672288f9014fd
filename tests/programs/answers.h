/* The calls of answers.c: the values of their arguments, and the memory that these point to. */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

#define _GNU_SOURCE
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <time.h>

#include "common.h"

enum { PAGE = 8192, TEXT = 1024, MOST_PARAMS = 16, MOST_ARGUMENTS = 10 };

/* A value of an argument: VALUE, or what MAKE makes of it. ALONE: only with normal other arguments. A NULL
 * NAME ends a list. */
struct value {
	const char *name;
	long value;
	long (*make)(long value);
	bool alone;
};

/* One argument. With AT it is not passed but put there, in SIZE bytes. */
struct param {
	const struct value *values;
	const char *normal;
	void *at;
	size_t size;
};

/* Makes CALL with each value of every two arguments, and normal values of the others. */
struct row {
	const char *call;
	struct param params[MOST_PARAMS];
};

/* The memory that a call may write to; changes are shown. */
struct slots {
	union address from;
	union address to; /* the program's own */
	union address after;
	socklen_t room;
	char data[256];
	char control[256];
	struct iovec pieces[2];
	struct msghdr message;
	struct mmsghdr messages[2];
	struct pollfd fds[2];
	fd_set in, out, urgent;
	struct timeval time;
	struct timespec wait;
	struct epoll_event event;
	struct epoll_event events[2];
	char request[64];
	char text[TEXT];
	char service[64];
	struct hostent entry;
	struct hostent *entry_result;
	int error;
	struct addrinfo hints;
	struct addrinfo *list;
	int pid;
};

struct memory {
	union {
		struct slots slots;
		char bytes[PAGE];
	};
	char none[PAGE];   /* PROT_NONE */
	char second[PAGE]; /* not shown */
	char none_either[PAGE];
	char constant[PAGE]; /* PROT_READ */
};

static _Alignas(PAGE) struct memory memory;

/* The row's descriptor, for values that name it elsewhere than in an argument. */
static int the_fd;

#define IS(name, number)                          \
	{                                         \
		name, (long)(number), NULL, false \
	}
#define ALONE(name, number)                      \
	{                                        \
		name, (long)(number), NULL, true \
	}
#define MADE(name, number, make)                  \
	{                                         \
		name, (long)(number), make, false \
	}
#define MADE_ALONE(name, number, make)           \
	{                                        \
		name, (long)(number), make, true \
	}
#define END                          \
	{                            \
		NULL, 0, NULL, false \
	}

#endif
