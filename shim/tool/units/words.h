/* Words as systemd quotes them (systemd.syntax(7), QUOTING): single and double quotes anywhere in a word, and
 * the escapes of C in and out of quotes. Specifiers such as %i are left as they are. */
#ifndef DUALSTACK_WORDS_H
#define DUALSTACK_WORDS_H

/* The word at *AT, which is moved behind it, without quotes and escapes. NULL at the end, and at a quote that
 * stays open or an escape that there is none of: systemd ignores the rest of such a line, too. Memory:
 * keep.h. */
char *word_next(const char **at);

/* TEXT in double quotes, so that it is one word again. Memory: keep.h. */
char *word_quoted(const char *text);

/* TEXT with each % doubled, so that none begins a specifier. Memory: keep.h. */
char *word_literal(const char *text);

#endif
