/* The table of socket options: those that a replacing socket must be given, and those that a setsockopt() of
 * the program on a dual-stack socket must set for IPv6 as well. */
#ifndef DUALSTACK_OPTIONS_H
#define DUALSTACK_OPTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

enum option_kind {
	OPTION_PLAIN,  /* is written as it was read */
	OPTION_BUFFER, /* an int that reads back doubled (socket(7)); NAME6 is the privileged form */
	OPTION_LINGER, /* a structure with a time, which the kernel keeps when it is switched off */
	OPTION_UNSET,  /* never carried: a socket that has it is not widened */
	OPTION_KEEP,   /* can't be read back: setting it keeps the socket from being widened (mark.h) */
};

struct option {
	const char *text; /* the option's name, for the log */
	int level, name;
	int name6; /* the option of level IPPROTO_IPV6 that means the same, or -1 */
	enum option_kind kind;
	bool strict; /* matters for security: if it can't hold for IPv6, the socket serves IPv4 alone */
};

/* The table: OPTIONS_COUNT rows, in the order in which they are carried. */
extern const struct option options[];
extern const int options_count;

/* The row of LEVEL and NAME if a setsockopt() of it takes more than the call itself, else NULL. */
const struct option *options_find(int level, int name);

/* Called once, when the library is loaded, before any other function here. The others are async-signal-safe
 * and callable from any thread. */
void options_setup(void);

/* The program has set the option of LEVEL and NAME on some socket. From now on it is carried; the library
 * does not read options that were never set. */
void options_note(int level, int name);

/* The process may hold a socket on which another process has set options. From now on each option is read. */
void options_note_all(void);

/* Whether the option of LEVEL and NAME, or of ROW, may have been set; and whether an option that can't be
 * read back may have been. */
bool options_touched(int level, int name);
bool options_is_touched(const struct option *row);
bool options_kept(void);

/* Notes that the program has set the receiver of SIGIO of some socket; and returns whether it may have. */
void options_note_owner(void);
bool options_owned(void);

/* Gives the fresh socket TO of FAMILY what the program has set on FROM: the options that differ, and the
 * owner if the process may. If TO is AF_INET6, the options are set for both families; if FROM is, too, each
 * comes from its own family. Each option is read back after it was written. Returns 0, or a negative errno
 * with *MISSED naming the option that could not be carried. errno is undefined afterwards. */
int options_carry(int from, int to, int family, const char **missed);

/* The program's setsockopt() of ROW on the marked FD with VALUE, LEN has succeeded: sets the same for IPv6.
 * Returns 0, or a negative errno if a strict option could not be set. errno is undefined afterwards. */
int options_mirror(int fd, const struct option *row, const void *value, socklen_t len);

#endif
