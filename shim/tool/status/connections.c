#define _GNU_SOURCE
#include "tool/status/status.h"

#include <stdio.h>
#include <string.h>

/* From include/net/tcp_states.h; the kernel prints these numbers. */
enum { ESTABLISHED = 1, FIN_WAIT1 = 4, FIN_WAIT2 = 5, CLOSE_WAIT = 8, LAST_ACK = 9, CLOSING = 11 };

struct line {
	struct in6_addr local, remote;
	unsigned port, state;
	unsigned long inode;
};

/* TEXT is one or four words of 32 bits. Each is in network byte order, and printed as a number of this
 * machine (tcp4_seq_show(), tcp6_seq_show()). */
static bool parse_address(const char *text, struct in6_addr *address)
{
	uint32_t words[4] = {0, 0, htonl(0xffff)};
	int count = strlen(text) == 8 ? 1 : 4;

	/* NOLINTNEXTLINE(cert-err34-c) -- the kernel writes no number that is too large */
	if (sscanf(text, "%8x%8x%8x%8x", &words[4 - count], &words[1], &words[2], &words[3]) < count)
		return false;
	memcpy(address, words, sizeof words);
	return true;
}

static bool parse(const char *text, struct line *line)
{
	char local[33], remote[33];

	/* NOLINTNEXTLINE(cert-err34-c) -- the kernel writes no number that is too large */
	return sscanf(text, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%*x %x %*s %*s %*s %*s %*s %lu", local,
		      &line->port, remote, &line->state, &line->inode) == 5 &&
	       parse_address(local, &line->local) && parse_address(remote, &line->remote);
}

/* A connection that no process holds has inode 0: it waits to be accepted, or is being closed. */
static bool counts(const struct line *line)
{
	switch (line->state) {
	case ESTABLISHED:
	case CLOSE_WAIT:
		return true;
	case FIN_WAIT1:
	case FIN_WAIT2:
	case LAST_ACK:
	case CLOSING:
		return line->inode != 0;
	default:
		return false;
	}
}

static void count_line(const struct line *line, ino_t netns, struct sockets *found)
{
	bool in4 = IN6_IS_ADDR_V4MAPPED(&line->remote);

	for (size_t i = 0; i < found->count; i++) {
		struct connections *c = &found->list[i].served;

		if (found->list[i].netns != netns || (int)line->port != c->port || !(in4 ? c->in4 : c->in6) ||
		    (!IN6_IS_ADDR_UNSPECIFIED(&c->address) && !IN6_ARE_ADDR_EQUAL(&c->address, &line->local)))
			continue;
		if (in4)
			c->ipv4++;
		else
			c->ipv6++;
	}
}

void connections_count(pid_t pid, ino_t netns, struct sockets *found)
{
	static const char *const names[] = {"tcp", "tcp6"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64], text[512];
		struct line line;
		FILE *file;

		(void)snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, names[i]);
		file = fopen(path, "re");
		while (file && fgets(text, sizeof text, file))
			if (parse(text, &line) && counts(&line))
				count_line(&line, netns, found);
		if (file)
			(void)fclose(file);
	}
}
