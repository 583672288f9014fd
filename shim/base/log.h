/* One line per decision, off by default. Async-signal-safe, callable from any thread; leaves errno alone. No
 * descriptor stays open between lines: a daemon closes descriptors that it did not open, and its next file
 * would get the log's number and lines. */
#ifndef DUALSTACK_LOG_H
#define DUALSTACK_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_OFF, LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Whether TEXT is LEVEL[:TARGET] (dualstack-run(1), --log). */
bool log_understands(const char *text);

/* Sets the log to such a TEXT, which must stay where it is. Returns 0; or -EINVAL if TEXT is bad or standard
 * error is closed: then nothing is logged. Called when the library is loaded. */
int log_setup(const char *text);

/* Whether lines of LEVEL are wanted. */
bool log_wants(enum log_level level);

/* At most LOG_BURST lines are written in LOG_SECONDS seconds. Further lines are counted. */
enum { LOG_BURST = 200, LOG_SECONDS = 10 };

/* Writes "dualstack[PID]: ", the line and a newline, at most 512 bytes, in one write, so that lines of
 * several threads and processes don't mix. Of printf's conversions it knows %s, %d, %u and %%. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts the same, without the prefix, into TEXT, of SIZE bytes (not 0), cut to fit. Returns its length without
 * the NUL. */
size_t log_text(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* At the program's end, logs how many lines were left out since this was last logged, if any. */
void log_end(void);

/* The name of an errno value ("EADDRINUSE"), for %s; "error" for a rare one. */
const char *log_errno(int error);

#endif
