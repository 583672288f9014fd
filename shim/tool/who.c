/* dualstack-tool who ADDRESS [FILE]...: the lines of the library's log that say which IPv6 address ADDRESS
 * stands for, from the files, which may be compressed, or from the journal. The address alone does not tell:
 * it has 27 bits of a hash. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool/arguments.h"
#include "tool/keep.h"
#include "tool/tool.h"

int tool_who(int argc, char **argv)
{
	const struct argument_option none[] = {{NULL, NULL, NULL}};
	const char **words = keep((size_t)argc * sizeof *words);
	size_t count = (size_t)arguments_take(argc, argv, none, "ADDRESS and files", words, argc);
	unsigned char byte[4];
	char *pattern, **grep;

	if (!count || inet_pton(AF_INET, words[0], byte) != 1)
		tool_fail("--who: '%s', expected an IPv4 address", count ? words[0] : "");
	pattern = keep_format("(shown as|given to the program as) %u[.]%u[.]%u[.]%u:", byte[0], byte[1],
			      byte[2], byte[3]);
	if (count == 1) {
		execlp("journalctl", "journalctl", "-q", "--no-pager", "-o", "short-iso", "--grep", pattern,
		       (char *)NULL);
		tool_fail("journalctl: %s, expected files with the log", strerror(errno));
	}
	grep = keep((count + 4) * sizeof *grep);
	memcpy(grep, (char *[]){"zgrep", "-hE", pattern, "--"}, 4 * sizeof *grep);
	memcpy(grep + 4, words + 1, (count - 1) * sizeof *grep);
	execvp(*grep, grep);
	tool_fail("zgrep: %s", strerror(errno));
}
