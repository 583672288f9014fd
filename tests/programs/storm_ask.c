/* storm_ask PORT ADDR4 NET4 ADDR6 NET6 FIRST COUNT [once]: makes COUNT connections to a server of serve.c,
 * alternately over IPv4 and IPv6, AT_ONCE at a time. Each comes from an address of its own: the FIRST one,
 * the next and so on of the networks NET4 and NET6, which must be local here. The server must name that
 * address. With "once" no two IPv6 peers may have been shown as the same address. If an IPv6 peer is evicted
 * from the server's table between two of its questions, it is shown as another address, or printed as its
 * synthetic one (dualstack(7)): these are counted apart. */
#define _GNU_SOURCE
#include "storm.h"

#include <poll.h>
#include <stdbool.h>

enum { AT_ONCE = 32, LINE = 400 };

struct client {
	union address from;
	size_t used;
	char line[LINE];
};

static union address to4, to6, net4, net6;
static struct client clients[AT_ONCE];
static struct pollfd fds[AT_ONCE];
static long right, moved, wrong, shown_count;
static uint32_t *shown; /* each IPv6 peer's address from accept() */

static void begin(int i, uint32_t number)
{
	struct client *c = &clients[i];
	const bool in6 = number % 2;
	const int family = in6 ? AF_INET6 : AF_INET, on = 1;
	const union address *to = in6 ? &to6 : &to4;
	const socklen_t len = in6 ? sizeof to->in6 : sizeof to->in;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	c->from = in6 ? net6 : net4;
	c->used = 0;
	if (in6)
		c->from.in6.sin6_addr.s6_addr32[3] = htonl(number / 2 + 1);
	else
		c->from.in.sin_addr.s_addr = htonl(ntohl(net4.in.sin_addr.s_addr) + number / 2 + 1);
	/* IPV6_FREEBIND: the address is on no interface. */
	if (in6)
		setsockopt(fd, IPPROTO_IPV6, 78, &on, sizeof on);
	if (bind(fd, &c->from.any, len) || (connect(fd, &to->any, len) && errno != EINPROGRESS))
		die(address_text(&c->from));
	fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* An address of 240.0.0.0/4, in host byte order, or 0. */
static uint32_t synthetic(const char *text)
{
	struct in_addr in;

	return inet_pton(AF_INET, text, &in) == 1 && ntohl(in.s_addr) >> 28 == 15 ? ntohl(in.s_addr) : 0;
}

enum verdict { RIGHT, MOVED, WRONG };

static enum verdict judge_text(const char *text, const char *self)
{
	return strcmp(text, self) == 0 ? RIGHT : synthetic(text) ? MOVED : WRONG;
}

static enum verdict judge(const struct client *c)
{
	char accepted[64], peer[64], ntop[64], info[64], self[INET6_ADDRSTRLEN];
	enum verdict of_text;

	if (sscanf(c->line, "accept %63s peer %63s length 16 local %*s domain 2 ntop %63s nameinfo %63s",
		   accepted, peer, ntop, info) != 4)
		return WRONG;
	snprintf(self, sizeof self, "%s", address_text(&c->from));
	/* After exec() there is no address from accept(). */
	if (strcmp(accepted, "-") == 0)
		strcpy(accepted, peer);
	if (c->from.any.sa_family == AF_INET)
		return strcmp(accepted, self) || strcmp(peer, self) || strcmp(ntop, self) ||
			       strcmp(info, self)
			   ? WRONG
			   : RIGHT;
	if (!synthetic(accepted) || !synthetic(peer))
		return WRONG;
	shown[shown_count++] = synthetic(accepted);
	of_text = judge_text(ntop, self);
	if (of_text != WRONG && judge_text(info, self) > of_text)
		of_text = judge_text(info, self);
	return of_text == RIGHT && strcmp(accepted, peer) ? MOVED : of_text;
}

/* Whether it has ended. */
static bool hear(int i)
{
	struct client *c = &clients[i];
	ssize_t n = read(fds[i].fd, c->line + c->used, LINE - 1 - c->used);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n > 0) {
		c->used += (size_t)n;
		return false;
	}
	c->line[c->used] = '\0';
	switch (judge(c)) {
	case RIGHT:
		right++;
		break;
	case MOVED:
		moved++;
		break;
	default:
		if (wrong++ < 5)
			printf("to %s: %s%s\n", address_text(&c->from), n < 0 ? error_name(errno) : "",
			       c->line);
	}
	close(fds[i].fd);
	fds[i].fd = -1;
	storm_step("asking");
	return true;
}

static int order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static long twice(void)
{
	long result = 0;

	qsort(shown, (size_t)shown_count, sizeof *shown, order);
	for (long i = 1; i < shown_count; i++)
		result += shown[i] == shown[i - 1];
	return result;
}

static void parse(const char *host, const char *port, union address *a)
{
	char text[80];

	snprintf(text, sizeof text, "%s/%s", host, port);
	address_parse(text, a);
}

int main(int argc, char **argv)
{
	uint32_t next, end;
	int going = 0;

	if (argc < 8)
		die("storm_ask PORT ADDR4 NET4 ADDR6 NET6 FIRST COUNT [once]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argv[2], argv[1], &to4);
	parse(argv[3], "0", &net4);
	parse(argv[4], argv[1], &to6);
	parse(argv[5], "0", &net6);
	next = (uint32_t)atol(argv[6]);
	end = next + (uint32_t)atol(argv[7]);
	shown = calloc(end - next, sizeof *shown);
	storm_step("the first question");
	for (; going < AT_ONCE && next < end; going++)
		begin(going, next++);
	for (int i = going; i < AT_ONCE; i++)
		fds[i].fd = -1;
	while (going) {
		if (poll(fds, AT_ONCE, -1) < 0)
			die("poll");
		for (int i = 0; i < AT_ONCE; i++)
			if (fds[i].fd >= 0 && fds[i].revents && hear(i)) {
				if (next < end)
					begin(i, next++);
				else
					going--;
			}
	}
	printf("%ld right, %ld moved, %ld wrong, %ld shown as another's\n", right, moved, wrong,
	       argc > 8 ? twice() : 0);
	return wrong ? 1 : 0;
}
