/* Writes JSON (RFC 8259) to standard output, one member to a line, indented, with the commas that are needed.
 */
#ifndef DUALSTACK_JSON_H
#define DUALSTACK_JSON_H

#include <stdbool.h>

/* NAME is the member's name in an object, and NULL in an array and at the top. BRACKET is '{' or '['.
 * json_close() closes what was opened last, and ends the line after the outermost. */
void json_open(const char *name, char bracket);
void json_close(void);

/* A TEXT that is NULL becomes null. Bytes that are not ASCII become U+FFFD. */
void json_text(const char *name, const char *text);
__attribute__((format(printf, 2, 3))) void json_number(const char *name, const char *format, ...);
void json_bool(const char *name, bool value);

#endif
