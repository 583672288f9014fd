/* One line per decision, off unless asked for. Async-signal-safe, callable from any thread; errno is
 * left alone. Nothing is kept open between lines: a daemon closes descriptors that it did not open, and
 * what it opens next would get the log's number and the log's lines. */
#ifndef DUALSTACK_LOG_H
#define DUALSTACK_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_OFF, LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Whether TEXT is LEVEL[:TARGET] (dualstack-run(1), --log). */
bool log_understands(const char *text);

/* Takes such a text, which must stay where it is. Returns 0, or -EINVAL when it is none, or standard error is
 * closed, and then nothing is logged. Called when the library is loaded. */
int log_setup(const char *text);

/* Whether lines of LEVEL are wanted. */
bool log_wants(enum log_level level);

/* At most so many lines in so many seconds; of what is more there is a count in the end. */
enum { LOG_BURST = 200, LOG_SECONDS = 10 };

/* Writes "dualstack[PID]: " and the line, at most 500 bytes, in one write, so that lines of several threads
 * and processes don't mix. Of printf's conversions it knows %s, %d, %u and %%. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts the same, without the prefix, into TEXT of SIZE bytes, which are not 0; returns how many bytes it has,
 * without the closing NUL. */
size_t log_text(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Says how many lines were left out since it was said last, if any were: at the program's end. */
void log_end(void);

/* The name of an errno value ("EADDRINUSE"), for %s; of a rare one "error". */
const char *log_errno(int error);

#endif
