/* The command line of --probe. */
#include "tool/probe/probe.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "tool/arguments.h"
#include "tool/keep.h"
#include "tool/tool.h"

/* RFC 1035, 2.3.4: 255 octets on the wire, which as text are 253 and a last dot. */
enum { NAME_MOST = 254 };

static void take_seconds(void *to, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	/* strtod(3) knows hexadecimal numbers, exponents and infinity as well. */
	if (text[strspn(text, "0123456789.")] || end == text || *end || seconds < 0.1 || seconds > 60)
		tool_fail("--timeout: '%s' is not a number of seconds from 0.1 to 60", text);
	*(double *)to = seconds;
}

static void take_udp(void *to, const char *text)
{
	struct probe_request *r = to;
	struct reach_datagram *datagram = &r->datagram;
	static const char digits[] = "0123456789abcdef";
	size_t length = strlen(text);

	if (text[strspn(text, "0123456789abcdefABCDEF")] || length % 2)
		tool_fail("--udp: '%.64s' is not made of pairs of hexadecimal digits", text);
	if (length > 2 * sizeof datagram->data)
		tool_fail("--udp: %zu bytes, expected at most %zu", length / 2, sizeof datagram->data);
	r->udp = true;
	datagram->size = length / 2;
	for (size_t i = 0; i < length; i++) {
		long digit = strchr(digits, tolower((unsigned char)text[i])) - digits;
		unsigned char *byte = &datagram->data[i / 2];

		*byte = (unsigned char)(i % 2 ? *byte << 4 | digit : digit);
	}
}

static int parse_port(const char *text, bool udp)
{
	size_t digits = strspn(text, "0123456789");
	const struct servent *service;
	long port;

	if (digits && !text[digits]) {
		port = digits > 5 ? 0 : strtol(text, NULL, 10);
		if (port < 1 || port > 65535)
			tool_fail("--probe: PORT '%s' is not from 1 to 65535", text);
		return (int)port;
	}
	service = getservbyname(text, udp ? "udp" : "tcp");
	if (!service)
		tool_fail("--probe: PORT '%s' is neither a number nor a service in /etc/services", text);
	return ntohs((in_port_t)service->s_port);
}

static void check_host(const char *host)
{
	if (!*host || strlen(host) > NAME_MOST)
		tool_fail("--probe: HOST '%s' is not a name or address of 1 to %d bytes", host, NAME_MOST);
	for (const char *c = host; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			tool_fail("--probe: HOST '%s' has a space or control character", host);
}

void probe_parse(struct probe_request *r, int argc, char **argv)
{
	const struct argument_option options[] = {{"--json", &r->json, NULL},
						  {"--timeout=", &r->seconds, take_seconds},
						  {"--udp=", r, take_udp},
						  {NULL, NULL, NULL}};
	const char *words[2];
	int count = arguments_take(argc, argv, options, "--json, --timeout=SECONDS or --udp=HEX", words, 2);

	if (count < 2)
		tool_fail("--probe: no %s given, expected HOST PORT", count ? "PORT" : "HOST and PORT");
	r->host = words[0];
	check_host(r->host);
	/* As in a URL (RFC 3986, 3.2.2). */
	if (*r->host == '[' && r->host[strlen(r->host) - 1] == ']')
		r->host = keep_copy(r->host + 1, strlen(r->host) - 2);
	r->port = parse_port(words[1], r->udp);
}
