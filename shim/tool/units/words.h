/* Words as systemd quotes them (systemd.syntax(7), QUOTING): single and double quotes anywhere in a word, and
 * the escapes of C in and out of quotes. */
#ifndef DUALSTACK_WORDS_H
#define DUALSTACK_WORDS_H

#include <stddef.h>

/* The word at *AT, which is moved behind it: SIZE bytes as they are written, with quotes and escapes. NULL at
 * the end, and for an open quote or an escape that there is none of: systemd ignores the rest of such a line,
 * too. */
const char *word_next(const char **at, size_t *size);

/* TEXT as part of a word, in quotes or not: escaped, and with each % doubled so that none begins a specifier.
 * Memory: keep.h. */
char *word_escaped(const char *text);

#endif
