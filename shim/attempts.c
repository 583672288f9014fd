#define _GNU_SOURCE
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "fds.h"
#include "log.h"
#include "options.h"
#include "real.h"
#include "swap.h"
#include "sys.h"
#include "turn.h"
#include "twin.h"
#include "view.h"

enum state { WAITING, GOING, FAILED, LANDED };

/* HERE: on the program's own descriptor. */
enum { NOWHERE = -1, HERE = -2 };

struct attempt {
	struct names_address to;
	enum state state;
	int fd;          /* a descriptor of ours, HERE or NOWHERE */
	uint64_t cookie; /* of the socket there (twin.h) */
	int error;       /* of one that failed; 0 where only the kernel knows it, for the program to find */
	uint32_t began, ended; /* ms since the slot's BEGAN */
};

struct slot {
	uint64_t cookie;             /* of the socket on the program's descriptor */
	uint64_t own_cookie;         /* of the program's own socket */
	uint64_t began, due;         /* ms; DUE is when the next attempt begins */
	int fd;                      /* the program's descriptor */
	int own;                     /* the program's own socket while it waits: as in struct attempt */
	uint32_t count, asked, next; /* of attempts; NEXT is the first that has not begun */
	bool used;
	bool failed; /* all is over; what is left is to tell */
	char name[NAMES_TEXT];
	struct flight_plan plan;
	struct attempt attempts[NAMES_ADDRESSES];
};

static struct slot slots[ATTEMPTS_SLOTS];
static int top; /* no slot from here on has ever been used */
static _Atomic unsigned changes;
_Atomic int attempts_going = 1, attempts_known = 1;
_Atomic int attempts_numbers[ATTEMPTS_NUMBERS];

static uint64_t now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

unsigned attempts_changes(void)
{
	return atomic_load(&changes);
}

void attempts_setup(bool active)
{
	turn_setup(active ? attempts_pending : NULL);
	atomic_fetch_sub(&attempts_going, 1);
	atomic_fetch_sub(&attempts_known, 1);
}

/* The program's descriptor is FD from now on; -1: there is none any more. */
static void set_fd(struct slot *s, int fd)
{
	if (fd >= 0)
		atomic_fetch_add(&attempts_numbers[fd % ATTEMPTS_NUMBERS], 1);
	if (s->fd >= 0)
		atomic_fetch_sub(&attempts_numbers[s->fd % ATTEMPTS_NUMBERS], 1);
	s->fd = fd;
}

static int fd_of(const struct slot *s, int fd)
{
	return fd == HERE ? s->fd : fd;
}

/* Closes a descriptor of ours, unless the program has done so and has something else there. */
static void drop(int *fd, uint64_t cookie)
{
	const struct linger none = {0, 0};

	if (*fd >= 0 && twin_cookie(*fd) == cookie) {
		/* With SO_LINGER close() would wait (socket(7)). */
		(void)real.setsockopt(*fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
		sys_close(*fd);
	}
	*fd = NOWHERE;
}

static void forget(struct slot *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		drop(&s->attempts[i].fd, s->attempts[i].cookie);
	drop(&s->own, s->own_cookie);
	if (!s->failed)
		atomic_fetch_sub(&attempts_going, 1);
	atomic_fetch_sub(&attempts_known, 1);
	set_fd(s, -1);
	s->used = false;
}

struct search {
	uint64_t cookie;
	int first, last; /* not among these */
	int found;
};

static int look_for(int fd, void *arg)
{
	struct search *search = arg;

	if ((fd >= search->first && fd <= search->last) || twin_cookie(fd) != search->cookie)
		return 0;
	search->found = fd;
	return 1;
}

/* Looks for another descriptor of the program's for the socket in place, not from FIRST to LAST. */
static bool move_away(struct slot *s, int first, int last)
{
	struct search search = {.cookie = s->cookie, .first = first, .last = last};

	if (fds_each(look_for, &search) == 0)
		return false;
	set_fd(s, search.found);
	return true;
}

/* Finds the socket in place again; the program may have moved it to another descriptor. */
static bool locate(struct slot *s)
{
	return twin_cookie(s->fd) == s->cookie || move_away(s, -1, -1);
}

static void address_text(const struct slot *s, const struct attempt *a, char *text)
{
	const struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
					 .sin6_port = s->plan.port,
					 .sin6_addr = a->to.addr,
					 .sin6_scope_id = a->to.scope};
	struct sockaddr_in in;

	if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		(void)view_text((const struct sockaddr *)&in6, text);
		return;
	}
	in = view_shown(&in6, MARK_STREAM);
	(void)view_text((const struct sockaddr *)&in, text);
}

static void log_outcome(const struct slot *s)
{
	char text[TURN_TEXT];
	const size_t size = sizeof text;
	size_t used = 0;

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	text[0] = '\0';
	for (uint32_t i = 0; i < s->next && used < size - 1; i++) {
		const struct attempt *a = &s->attempts[i];
		char addr[VIEW_TEXT];

		address_text(s, a, addr);
		used += log_text(text + used, size - used, "%s%s %s after %u ms", i ? ", " : "", addr,
				 a->state == LANDED  ? "connected"
				 : a->state == GOING ? "given up"
				 : a->error          ? log_errno(a->error)
						     : "failed",
				 (a->state == GOING ? (uint32_t)(now() - s->began) : a->ended) - a->began);
	}
	turn_log(s->fd, s->name, text);
}

static struct attempt *in_place(struct slot *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (s->attempts[i].fd == HERE)
			return &s->attempts[i];
	return NULL;
}

/* Puts the socket of ours at *WITH on the program's descriptor. What was there goes on to a descriptor of
 * ours: it is another attempt's, or the program's own that has not begun. */
static int put(struct slot *s, int *with, uint64_t cookie)
{
	struct attempt *before = in_place(s);
	const char *missed;
	int old = fcntl(s->fd, F_DUPFD_CLOEXEC, *with), result;

	if (old < 0)
		return -errno;
	result = options_carry_flags(s->fd, *with, &missed);
	if (result == 0)
		result = swap_socket(s->fd, s->cookie, *with, old);
	if (result) {
		sys_close(old);
		return result;
	}
	if (before)
		before->fd = old;
	else
		s->own = old;
	sys_close(*with);
	*with = HERE;
	s->cookie = cookie;
	atomic_fetch_add(&changes, 1);
	return 0;
}

static void ended(struct slot *s, struct attempt *a, enum state state, int error)
{
	a->state = state;
	a->error = error;
	a->ended = (uint32_t)(now() - s->began);
}

/* What failed in place keeps its error, as the program may find it there after all; and so does what the
 * program asked for. */
static void note_failure(struct slot *s, struct attempt *a)
{
	ended(s, a, FAILED, 0);
	if (a == &s->attempts[s->asked] || a->fd == HERE)
		return;
	a->error = flight_error(a->fd);
	drop(&a->fd, a->cookie);
}

/* The program's own socket: it waits for its turn, or has had it. */
static int own_fd(const struct slot *s)
{
	return fd_of(s, s->own != NOWHERE ? s->own : s->attempts[s->asked].fd);
}

static int begin(struct slot *s, uint32_t number)
{
	struct attempt *a = &s->attempts[number];
	bool own = number == s->asked && flight_own(&s->plan, &a->to.addr);
	int fd, result;

	a->began = (uint32_t)(now() - s->began);
	if (own)
		fd = own_fd(s);
	else
		fd = flight_twin(&s->plan, s->fd, own_fd(s), &a->to.addr,
				 number + 1 == s->count || config.delay == 0);
	result = fd < 0 ? fd : flight_begin(&s->plan, fd, &a->to);
	if (result) {
		if (!own && fd >= 0)
			sys_close(fd);
		ended(s, a, FAILED, -result);
		return result;
	}
	a->state = GOING;
	a->fd = own ? s->own : fd;
	a->cookie = twin_cookie(fd);
	if (own)
		s->own = NOWHERE;
	return 0;
}

static void no_more_haste(struct slot *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (s->attempts[i].state == GOING && i != s->asked)
			flight_last(&s->plan, fd_of(s, s->attempts[i].fd));
}

/* Makes the attempts that are due: one if there MUST be, because another has failed, or the delay is over. */
static void begin_due(struct slot *s, bool must, uint64_t time)
{
	while (s->next < s->count && (must || (config.delay && time >= s->due))) {
		must = begin(s, s->next++) != 0;
		s->due = time + config.delay;
		time = now();
		if (s->next == s->count)
			no_more_haste(s);
	}
}

/* The first attempt on its way. */
static struct attempt *going(struct slot *s)
{
	for (uint32_t i = 0; i < s->next; i++)
		if (s->attempts[i].state == GOING)
			return &s->attempts[i];
	return NULL;
}

static bool win(struct slot *s, struct attempt *a)
{
	int result = a->fd == HERE ? 0 : put(s, &a->fd, a->cookie);

	if (result) {
		ended(s, a, FAILED, -result);
		drop(&a->fd, a->cookie);
		return false;
	}
	ended(s, a, LANDED, 0);
	flight_finish(&s->plan, s->fd);
	log_outcome(s);
	forget(s);
	return true;
}

/* All have failed. Where the kernel has the error of the one that was asked for, its socket is left to the
 * program; else the error is remembered, and the socket that failed last is what it has. */
static void lose(struct slot *s)
{
	struct attempt *a = &s->attempts[s->asked];

	if (a->fd >= 0 && put(s, &a->fd, a->cookie) != 0)
		a->error = flight_error(a->fd);
	flight_finish(&s->plan, s->fd);
	log_outcome(s);
	if (a->error == 0) {
		forget(s);
		return;
	}
	for (uint32_t i = 0; i < s->count; i++)
		drop(&s->attempts[i].fd, s->attempts[i].cookie);
	drop(&s->own, s->own_cookie);
	s->failed = true;
	atomic_fetch_sub(&attempts_going, 1);
}

/* Without the library the program would have its error by now: what is left is not waited for much longer. */
static bool out_of_grace(const struct slot *s, const struct attempt *a, uint64_t time)
{
	const struct attempt *asked = &s->attempts[s->asked];

	return s->next == s->count && asked->state == FAILED && asked->fd != NOWHERE && a != asked &&
	       IN6_IS_ADDR_V4MAPPED(&asked->to.addr) && time - s->began >= a->began + ATTEMPTS_GRACE;
}

/* Whether one has won, or all is lost: then the slot is done with. FAILED: whether one more has failed. */
static bool look_at_all(struct slot *s, uint64_t time, bool *failed)
{
	for (uint32_t i = 0; i < s->next; i++) {
		struct attempt *a = &s->attempts[i];
		enum flight_state state;

		if (a->state != GOING)
			continue;
		state = a->fd == HERE || twin_cookie(a->fd) == a->cookie ? flight_look(fd_of(s, a->fd))
									 : FLIGHT_FAILED;
		if (state == FLIGHT_LANDED && win(s, a))
			return true;
		if (state == FLIGHT_FAILED && a->state == GOING)
			note_failure(s, a);
		else if (state == FLIGHT_GOING && out_of_grace(s, a, time))
			ended(s, a, FAILED, ETIMEDOUT);
		*failed |= a->state == FAILED;
	}
	return false;
}

/* What stays on the program's descriptor while others are tried must be on its way. */
static void keep_in_flight(struct slot *s)
{
	struct attempt *there = in_place(s), *a;

	if (there && there->state == GOING)
		return;
	while ((a = going(s)) != NULL) {
		int result = a->fd == HERE ? 0 : put(s, &a->fd, a->cookie);

		if (result == 0)
			break;
		ended(s, a, FAILED, -result);
		drop(&a->fd, a->cookie);
		begin_due(s, going(s) == NULL, now());
	}
	if (a && there && there != &s->attempts[s->asked]) {
		there->error = flight_error(there->fd);
		drop(&there->fd, there->cookie);
	}
}

static void step(struct slot *s)
{
	uint64_t time = now();
	bool failed = false;

	if (!locate(s)) {
		forget(s);
		return;
	}
	if (s->failed || look_at_all(s, time, &failed))
		return;
	begin_due(s, failed, time);
	keep_in_flight(s);
	if (!going(s))
		lose(s);
}

static struct slot *free_slot(void)
{
	for (int i = 0; i < ATTEMPTS_SLOTS; i++)
		if (!slots[i].used) {
			if (top <= i)
				top = i + 1;
			return &slots[i];
		}
	return NULL;
}

static void fill(struct slot *s, int fd, const struct flight_plan *plan, const struct names_list *list,
		 uint32_t asked)
{
	s->fd = -1;
	set_fd(s, fd);
	s->cookie = s->own_cookie = twin_cookie(fd);
	s->failed = false;
	s->plan = *plan;
	memcpy(s->name, list->name, sizeof s->name);
	s->count = list->count;
	s->asked = asked;
	s->next = 0;
	s->began = now();
	s->due = s->began;
	s->own = HERE;
	for (uint32_t i = 0; i < list->count; i++)
		s->attempts[i] = (struct attempt){.to = list->addresses[i], .state = WAITING, .fd = NOWHERE};
}

int attempts_begin(int fd, const struct flight_plan *plan, const struct names_list *list, uint32_t asked)
{
	int result = -EINPROGRESS;
	struct turn turn;
	struct slot *s;

	if (attempts_pending())
		attempts_advance();
	if (!turn_take(&turn))
		return -ENOSPC;
	s = free_slot();
	if (!s) {
		(void)turn_give(&turn);
		return -ENOSPC;
	}
	fill(s, fd, plan, list, asked);
	atomic_fetch_add(&attempts_going, 1);
	atomic_fetch_add(&attempts_known, 1);
	begin_due(s, true, s->began);
	keep_in_flight(s);
	if (going(s)) {
		s->used = true;
	} else {
		result = -s->attempts[asked].error;
		flight_finish(&s->plan, fd);
		log_outcome(s);
		forget(s);
	}
	(void)turn_give(&turn);
	return result;
}

/* The descriptors to wait for, and for how long at most. */
static int gather_slot(const struct slot *s, struct pollfd *fds, int room, int *timeout)
{
	uint64_t time = now(), next = time + ATTEMPTS_PATIENCE;
	int count = 0, ms;

	if (s->failed)
		return 0;
	if (config.delay && s->next < s->count && s->due < next)
		next = s->due;
	for (uint32_t i = 0; i < s->next && count < room; i++)
		if (s->attempts[i].state == GOING)
			fds[count++] = (struct pollfd){.fd = fd_of(s, s->attempts[i].fd), .events = POLLOUT};
	ms = next > time ? (int)(next - time) : 0;
	if (*timeout < 0 || ms < *timeout)
		*timeout = ms;
	return count;
}

int attempts_gather(int fd, struct pollfd *fds, int room, int *timeout)
{
	uint64_t cookie = fd < 0 ? 0 : twin_cookie(fd);
	struct turn turn;
	int count = 0;

	if (!turn_take(&turn))
		return 0;
	if (fd >= 0)
		*timeout = ATTEMPTS_PATIENCE;
	for (int i = 0; i < top && count < room; i++)
		if (slots[i].used && (fd < 0 || slots[i].cookie == cookie))
			count += gather_slot(&slots[i], fds + count, room - count, timeout);
	(void)turn_give(&turn);
	return count;
}

/* Whether something has happened to a slot, or is due: one poll() for those with many. */
static bool is_due(const struct slot *s)
{
	struct pollfd fds[NAMES_ADDRESSES];
	int timeout = -1, count = gather_slot(s, fds, NAMES_ADDRESSES, &timeout);

	return timeout == 0 || real.poll(fds, (nfds_t)count, 0) != 0 || s->failed ||
	       twin_cookie(s->fd) != s->cookie || now() - s->began >= ATTEMPTS_GRACE;
}

void attempts_advance(void)
{
	struct turn turn;

	do {
		if (!turn_take(&turn))
			return;
		for (int i = 0; i < top && !turn_has_logged(); i++)
			if (slots[i].used && is_due(&slots[i]))
				step(&slots[i]);
	} while (turn_give(&turn));
}

static struct slot *find(int fd)
{
	uint64_t cookie = twin_cookie(fd);

	for (int i = 0; cookie && i < top; i++)
		if (slots[i].used && slots[i].cookie == cookie)
			return &slots[i];
	return NULL;
}

enum attempts_state attempts_ask(int fd, int *error)
{
	enum attempts_state state = ATTEMPTS_NONE;
	struct turn turn;
	struct slot *s;

	if (!turn_take(&turn))
		return ATTEMPTS_NONE;
	s = find(fd);
	if (s) {
		step(s);
		if (s->used && s->failed) {
			state = ATTEMPTS_FAILED;
			if (error) {
				*error = s->attempts[s->asked].error;
				(void)flight_error(s->fd);
				forget(s);
			}
		} else if (s->used) {
			state = ATTEMPTS_GOING;
		}
	}
	(void)turn_give(&turn);
	return state;
}

void attempts_set(int fd, int level, int name, const void *value, socklen_t len)
{
	const struct option *row = options_find(level, name);
	struct turn turn;
	struct slot *s;

	if (!turn_take(&turn))
		return;
	s = find(fd);
	if (s)
		flight_set(&s->plan, level, name, value, len);
	for (uint32_t i = 0; s && i < s->next; i++) {
		int other = s->attempts[i].fd;

		if (other < 0 || twin_cookie(other) != s->attempts[i].cookie)
			continue;
		(void)real.setsockopt(other, level, name, value, len);
		if (row)
			(void)options_mirror(other, row, value, len);
	}
	if (s && s->own >= 0 && twin_cookie(s->own) == s->own_cookie)
		(void)real.setsockopt(s->own, level, name, value, len);
	(void)turn_give(&turn);
}

void attempts_abandon(int fd, bool again)
{
	struct turn turn;
	struct slot *s;

	if (!turn_take(&turn))
		return;
	s = find(fd);
	if (s) {
		if (again && s->own >= 0)
			(void)put(s, &s->own, s->own_cookie);
		flight_finish(&s->plan, s->fd);
		forget(s);
	}
	(void)turn_give(&turn);
}

/* Whether a descriptor of ours for S is from FIRST to LAST. */
static bool hidden_among(const struct slot *s, int first, int last)
{
	bool result = s->own >= first && s->own <= last;

	for (uint32_t i = 0; i < s->next; i++)
		result |= s->attempts[i].fd >= first && s->attempts[i].fd <= last;
	return result && first >= 0;
}

/* The program closes what is ours: it gets the one attempt that it asked for. */
static void settle_for_asked(struct slot *s)
{
	struct attempt *a = &s->attempts[s->asked];

	if (a->state == WAITING)
		(void)begin(s, s->asked);
	if (a->state == GOING && a->fd >= 0)
		(void)put(s, &a->fd, a->cookie);
	flight_finish(&s->plan, s->fd);
	forget(s);
}

void attempts_leave(int first, int last)
{
	struct turn turn;

	if (!turn_take(&turn))
		return;
	for (int i = 0; i < top; i++) {
		struct slot *s = &slots[i];

		if (!s->used)
			continue;
		if (s->fd >= first && s->fd <= last && !move_away(s, first, last))
			forget(s);
		else if (hidden_among(s, first, last))
			settle_for_asked(s);
	}
	(void)turn_give(&turn);
}

void attempts_exclusively(void (*what)(void *arg), void *arg)
{
	struct turn turn;

	if (!turn_take(&turn)) {
		what(arg);
		return;
	}
	what(arg);
	turn.error = errno;
	(void)turn_give(&turn);
}
