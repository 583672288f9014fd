/* Socket options, in one table: what a socket that takes another's place must be given, and what a
 * setsockopt() of the program on a dual-stack socket must set for IPv6 as well. */
#ifndef DUALSTACK_OPTIONS_H
#define DUALSTACK_OPTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

enum option_kind {
	OPTION_INT,
	OPTION_BUFFER, /* an int that reads back doubled (socket(7)), NAME6 is the privileged form */
	OPTION_BLOB,   /* a structure: whatever is read is written */
	OPTION_STRING,
	OPTION_UNSET, /* never carried: a socket that has it set is not widened */
	OPTION_KEEP,  /* can't be read back: setting it marks the socket as one not to widen (mark.h) */
};

struct option {
	const char *text; /* the option's name, for the log */
	int level, name;
	int name6; /* the option of level IPPROTO_IPV6 that means the same, or -1 */
	enum option_kind kind;
	bool strict; /* has a security meaning: holds for IPv6 too, or the socket is IPv4's alone */
};

/* The table, for those who walk it: OPTIONS_COUNT rows, in the order in which they are carried. */
extern const struct option options[];
extern const int options_count;

/* The row of LEVEL and NAME if a setsockopt() of it needs more than the call itself, else NULL. */
const struct option *options_find(int level, int name);

/* Called once, when the library is loaded, before the functions here. */
void options_setup(void);

/* The program has set the option of LEVEL and NAME on some socket: from now on it is carried. An option that
 * nobody has set is not looked at. */
void options_note(int level, int name);

/* The process may hold a socket that somebody else has set options on: each option is looked at from now on.
 */
void options_note_all(void);

/* Whether the option of LEVEL and NAME, or of ROW, may have been set; and whether one that can't be read back
 * may. */
bool options_touched(int level, int name);
bool options_is_touched(const struct option *row);
bool options_kept(void);

/* The program has said who gets SIGIO of some socket. And whether it may have. */
void options_note_owner(void);
bool options_owned(void);

/* Gives the fresh socket TO what the program has set on FROM: the options that differ, of both families
 * where TO is AF_INET6 (FAMILY), each from its own where FROM is, too; and its owner where the process may.
 * Each option is read again after it was written. Returns 0, or a negative errno with *MISSED naming what
 * could not be carried. Async-signal-safe; errno is undefined afterwards. */
int options_carry(int from, int to, int family, const char **missed);

/* The file status FLAGS of FROM but for O_ASYNC, and who gets SIGIO and SIGURG. Returns 0 or a negative
 * errno. */
int options_carry_flags(int from, int to, int flags);

/* After the program's setsockopt() of ROW succeeded on the marked FD with VALUE, LEN: the same for
 * IPv6. Returns 0, or a negative errno when a strict one could not be set. Async-signal-safe. */
int options_mirror(int fd, const struct option *row, const void *value, socklen_t len);

#endif
