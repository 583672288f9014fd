/* The answer of --probe as text and as JSON. */
#include "tool/probe/probe.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "tool/json.h"

/* Room for an IPv6 address, "%" and the name of an interface. */
enum { ADDRESS_TEXT = 64 };

static const char *address_text(const struct reach_target *t, char *text)
{
	if (getnameinfo(&t->addr.any, t->len, text, ADDRESS_TEXT, NULL, 0, NI_NUMERICHOST) != 0)
		(void)snprintf(text, ADDRESS_TEXT, "?");
	return text;
}

static const char *outcome_name(const struct probe_request *r, const struct reach_target *t)
{
	if (t->worked)
		return r->udp ? "answered" : "connected";
	if (!t->error)
		return "no_answer";
	return t->error == ECONNREFUSED ? "refused" : "failed";
}

static const char *outcome_text(const struct probe_request *r, const struct reach_target *t)
{
	if (t->worked || (r->udp && t->error == ECONNREFUSED))
		return outcome_name(r, t);
	return t->error ? strerror(t->error) : "no answer";
}

static const char *mark_text(const struct probe_answer *a, size_t i)
{
	if ((int)i == a->chosen)
		return "chosen";
	if (a->tried[i] || !config.active)
		return "";
	return a->ruled ? "left out by a rule" : "not tried";
}

static int width(size_t length, int so_far)
{
	return (int)length > so_far ? (int)length : so_far;
}

static void print_text(const struct probe_request *r, const struct probe_answer *a)
{
	int addresses = (int)strlen("ADDRESS"), outcomes = (int)strlen("OUTCOME");
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < a->count; i++) {
		addresses = width(strlen(address_text(&a->targets[i], text)), addresses);
		outcomes = width(strlen(outcome_text(r, &a->targets[i])), outcomes);
	}
	printf("%-*s  %-*s  %10s\n", addresses, "ADDRESS", outcomes, "OUTCOME", "TIME");
	for (size_t i = 0; i < a->count; i++) {
		const char *mark = mark_text(a, i);

		printf("%-*s  %-*s  %7.1f ms%s%s\n", addresses, address_text(&a->targets[i], text), outcomes,
		       outcome_text(r, &a->targets[i]), a->targets[i].ms, *mark ? "  " : "", mark);
	}
	if (!config.active)
		printf("The library is switched off and chooses none.\n");
}

static void print_json_address(const struct probe_request *r, const struct probe_answer *a, size_t i)
{
	const struct reach_target *t = &a->targets[i];
	char text[ADDRESS_TEXT];

	json_open(NULL, '{');
	json_text("address", address_text(t, text));
	json_text("family", reach_is_ipv6(t) ? "ipv6" : "ipv4");
	json_text("outcome", outcome_name(r, t));
	json_text("error", t->worked || !t->error ? NULL : log_errno(t->error));
	json_number("ms", "%.3f", t->ms);
	json_bool("tried", a->tried[i]);
	json_bool("chosen", (int)i == a->chosen);
	json_close();
}

static void print_json(const struct probe_request *r, const struct probe_answer *a)
{
	char text[ADDRESS_TEXT];

	json_open(NULL, '{');
	json_text("host", r->host);
	json_number("port", "%d", r->port);
	json_text("protocol", r->udp ? "udp" : "tcp");
	if (config.active)
		json_number("delay_ms", "%u", config.settings.delay);
	else
		json_text("delay_ms", NULL);
	json_open("addresses", '[');
	for (size_t i = 0; i < a->count; i++)
		print_json_address(r, a, i);
	json_close();
	json_text("chosen", a->chosen < 0 ? NULL : address_text(&a->targets[a->chosen], text));
	json_close();
}

void probe_print(const struct probe_request *r, const struct probe_answer *a)
{
	(r->json ? print_json : print_text)(r, a);
}
