/* dualstack-tool who ADDRESS [FILE]...: the lines of the library's log that say which IPv6 address ADDRESS
 * stands for, from the files, which may be compressed, or from the journal. The address alone does not tell:
 * it has 27 bits of a hash. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool/keep.h"
#include "tool/tool.h"

int tool_who(int argc, char **argv)
{
	unsigned char byte[4];
	char *pattern, **grep;

	if (argc < 2 || inet_pton(AF_INET, argv[1], byte) != 1)
		tool_fail("--who: '%s', expected an IPv4 address", argc < 2 ? "" : argv[1]);
	pattern = keep_format("(shown as|given to the program as) %u[.]%u[.]%u[.]%u:", byte[0], byte[1],
			      byte[2], byte[3]);
	if (argc == 2) {
		execlp("journalctl", "journalctl", "-q", "--no-pager", "-o", "short-iso", "--grep", pattern,
		       (char *)NULL);
		tool_fail("journalctl: %s, expected files with the log", strerror(errno));
	}
	grep = keep((size_t)(argc + 4) * sizeof *grep);
	memcpy(grep, (char *[]){"zgrep", "-hE", pattern, "--"}, 4 * sizeof *grep);
	memcpy(grep + 4, argv + 2, (size_t)(argc - 2) * sizeof *grep);
	execvp(*grep, grep);
	tool_fail("zgrep: %s", strerror(errno));
}
