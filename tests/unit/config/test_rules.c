/* Rules: matching, order, and errors with their places. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sockaddr.h"
#include "config/rules.h"

/* Replaces all rules by those in TEXT, one to a line. */
static void rules(const char *text)
{
	struct rules_error error;

	rules_clear();
	while (*text) {
		size_t size = strcspn(text, "\n");

		if (rules_add(text, size, &error) != 0)
			fail_msg("%.*s: column %u: %s", (int)size, text, error.column, error.text);
		text += size + (text[size] == '\n');
	}
}

static enum rules_action ask(enum rules_call call, int protocol, const char *address, int port,
			     const char *name)
{
	struct in6_addr addr = in6_at(address ? address : "::", 0).sin6_addr;
	struct rules_facts facts = {.call = call,
				    .protocol = protocol,
				    .address = address ? &addr : NULL,
				    .port = port,
				    .name = name};

	return rules_ask(&facts);
}

static enum rules_action tcp_bind(const char *address, int port)
{
	return ask(RULES_BIND, IPPROTO_TCP, address, port, NULL);
}

static enum rules_action tcp_connect(const char *address, const char *name)
{
	return ask(RULES_CONNECT, IPPROTO_TCP, address, 80, name);
}

static void first_match_decides(void **state)
{
	(void)state;
	rules("bind tcp port=993 ipv4\nbind port=993 ipv6\nbind dual");
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 993), RULES_IPV4);
	assert_int_equal(ask(RULES_BIND, IPPROTO_UDP, "::ffff:0.0.0.0", 993, NULL), RULES_IPV6);
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 25), RULES_DUAL);
	assert_int_equal(tcp_connect("::ffff:0.0.0.0", NULL), RULES_DEFAULT);
	assert_true(rules_any(RULES_BIND));
	assert_false(rules_any(RULES_CONNECT));
	rules("");
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 993), RULES_DEFAULT);
	assert_false(rules_any(RULES_BIND));
}

/* Never widen trust: a socket at a specific address is widened only if a rule names it. */
static void bind_without_address_is_the_wildcard(void **state)
{
	(void)state;
	rules("bind dual");
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 25), RULES_DUAL);
	assert_int_equal(tcp_bind("::ffff:192.0.2.1", 25), RULES_DEFAULT);
	assert_int_equal(tcp_bind("::", 25), RULES_DEFAULT);
	rules("bind address=192.0.2.0/24,:: dual");
	assert_int_equal(tcp_bind("::ffff:192.0.2.1", 25), RULES_DUAL);
	assert_int_equal(tcp_bind("::", 25), RULES_DUAL);
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 25), RULES_DEFAULT);
}

static void addresses(void **state)
{
	static const struct {
		const char *rule, *address;
		bool match;
	} cases[] = {
	    {"192.0.2.128/25", "::ffff:192.0.2.128", true},
	    {"192.0.2.128/25", "::ffff:192.0.2.127", false},
	    {"0.0.0.0/0", "::ffff:8.8.8.8", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    {"::/0", "2001:db8::1", true},
	    {"::/0", "::ffff:8.8.8.8", false},
	    {"2001:db8:8000::/33", "2001:db8:8000::1", true},
	    {"2001:db8:8000::/33", "2001:db8:7fff::1", false},
	    {"2001:db8::1", "2001:db8::1", true},
	    {"2001:db8::1", "2001:db8::2", false},
	    {"10.0.0.0/8,2001:db8::/32", "2001:db8:5::2", true},
	    {"10.0.0.0/8,2001:db8::/32", "::ffff:10.9.8.7", true},
	    {"10.0.0.0/8,2001:db8::/32", "::ffff:11.9.8.7", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128];

		snprintf(text, sizeof text, "connect address=%s ipv4", cases[i].rule);
		rules(text);
		if ((tcp_connect(cases[i].address, NULL) == RULES_IPV4) != cases[i].match)
			fail_msg("%s and %s", cases[i].rule, cases[i].address);
	}
}

static void ports(void **state)
{
	(void)state;
	rules("bind port=0,25,5000-5010,65535 ipv4");
	for (int port = 0; port < 65536; port++)
		assert_int_equal(tcp_bind("::ffff:0.0.0.0", port),
				 port == 0 || port == 25 || (port >= 5000 && port <= 5010) || port == 65535
				     ? RULES_IPV4
				     : RULES_DEFAULT);
}

static void names(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
	    {"example.org", "EXAMPLE.org", true},
	    {"example.org", "example.org.", true},
	    {"example.org", "www.example.org", false},
	    {"*.example.org", "www.example.org", true},
	    {"*.example.org", "a.b.example.org", true},
	    {"*.example.org", "example.org", false},
	    {"*", "anything", true},
	    {"*", "", false},
	    {"a*c*e", "abcde", true},
	    {"a*c*e", "abced", false},
	    {"irc*.example", "irc2.EXAMPLE", true},
	    {"a,b*", "bcd", true},
	    {"[1]", "{1}", false},
	    {"aaaa*aaaa", "aaaaaaa", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128];

		snprintf(text, sizeof text, "connect name=%s ipv6-first", cases[i].pattern);
		rules(text);
		if ((tcp_connect("::ffff:192.0.2.1", cases[i].name) == RULES_IPV6_FIRST) != cases[i].match)
			fail_msg("%s and %s", cases[i].pattern, cases[i].name);
	}
	rules("connect name=example.org ipv6");
	assert_int_equal(tcp_connect("::ffff:192.0.2.1", NULL), RULES_DEFAULT);
}

static void script(const char *names[2])
{
	names[0] = "script.py";
	names[1] = "python3.11";
}

static void nobody(const char *names[2])
{
	names[0] = names[1] = NULL;
}

static void programs(void **state)
{
	(void)state;
	rules_programs(script);
	rules("bind program=python* port=1 ipv4\nbind program=script.py port=2 ipv4\nbind program=perl "
	      "port=3 ipv4");
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 1), RULES_IPV4);
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 2), RULES_IPV4);
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 3), RULES_DEFAULT);
	/* Another program's rules are handed on. */
	assert_non_null(strstr(rules_text(), "bind program=perl port=3 ipv4\n"));
	rules("connect program=perl ipv4");
	assert_false(rules_any(RULES_CONNECT));
	rules_programs(nobody);
}

/* A rule that depends on an unknown fact decides nothing, nor do those after it. */
static void unknown_facts(void **state)
{
	(void)state;
	rules("connect udp name=a ipv4\nconnect name=b port=53 ipv4\nconnect name=* ipv6");
	assert_int_equal(ask(RULES_CONNECT, 0, NULL, -1, "a"), RULES_DEFAULT);
	assert_int_equal(ask(RULES_CONNECT, IPPROTO_UDP, NULL, -1, "a"), RULES_IPV4);
	assert_int_equal(ask(RULES_CONNECT, IPPROTO_TCP, NULL, -1, "a"), RULES_IPV6);
	assert_int_equal(ask(RULES_CONNECT, 0, NULL, -1, "b"), RULES_DEFAULT);
	assert_int_equal(ask(RULES_CONNECT, 0, NULL, 53, "b"), RULES_IPV4);
	assert_int_equal(ask(RULES_CONNECT, 0, NULL, -1, "c"), RULES_IPV6);
}

static void only_named(void **state)
{
	struct in6_addr addr = in6_at("2001:db8::1", 0).sin6_addr;
	struct rules_facts facts = {
	    .call = RULES_CONNECT, .protocol = IPPROTO_UDP, .address = &addr, .port = 1, .only_named = true};

	(void)state;
	rules("connect udp ipv4\nconnect udp address=2001:db8::/32 ipv6");
	assert_int_equal(rules_ask(&facts), RULES_IPV6);
	facts.only_named = false;
	assert_int_equal(rules_ask(&facts), RULES_IPV4);
}

static void of_programs(void **state)
{
	(void)state;
	rules("text program=no-such-program ipv6\nbind ipv6\ntext ipv4\nliteral off");
	assert_int_equal(rules_ask_program(RULES_TEXTS), RULES_IPV4);
	assert_int_equal(rules_ask_program(RULES_LITERALS), RULES_OFF);
	assert_int_equal(rules_ask_program(RULES_DEEPBIND), RULES_DEFAULT);
	/* "text" is a setting, too. */
	assert_true(rules_begin("text ipv6", 9));
	assert_true(rules_begin("literal", 7));
	assert_false(rules_begin("text = ipv6", 11));
	assert_false(rules_begin("text=ipv6", 9));
	assert_false(rules_begin("delay 5", 7));
}

static void refused(void **state)
{
	static const struct {
		const char *rule;
		unsigned column;
		const char *text;
	} bad[] = {
	    {"", 1, "unknown word ''"},
	    {"listen port=1 ipv4", 1, "begins with bind, connect, text, literal or deepbind"},
	    {"bind", 5, "unknown action ''"},
	    {"bind port=1", 6, "unknown action 'port=1', expected dual, ipv4 or ipv6"},
	    {"bind ipv6-first", 6, "expected dual, ipv4 or ipv6"},
	    {"connect dual", 9, "expected auto, ipv6-first"},
	    {"bind tcp udp ipv4", 10, "unknown or repeated word 'udp'"},
	    {"bind port=1 port=2 ipv4", 13, "second 'port=2'"},
	    {"bind  ipv4 dual", 7, "unknown or repeated word 'ipv4'"},
	    {"bind port= ipv4", 6, "empty entry"},
	    {"bind port=1,,2 ipv4", 6, "empty entry"},
	    {"bind port=1, ipv4", 6, "empty entry"},
	    {"bind port=70000 ipv4", 11, "bad port '70000'"},
	    {"bind port=1,2-1 ipv4", 13, "bad port '2-1'"},
	    {"bind port=-1 ipv4", 11, "bad port '-1'"},
	    {"bind port=1-2-3 ipv4", 11, "bad port"},
	    {"bind port=0x10 ipv4", 11, "bad port"},
	    {"bind address=10.0.0.300 ipv4", 14, "bad address '10.0.0.300'"},
	    {"bind address=10.1 ipv4", 14, "bad address"},
	    {"bind address=10.0.0.0/33 ipv4", 23, "bad prefix length '33', expected 0 to 32"},
	    {"bind address=10.0.0.0/ ipv4", 23, "bad prefix length"},
	    {"bind address=10.0.0.1/8 ipv4", 14, "bad prefix '10.0.0.1/8'"},
	    {"bind address=2001:db8::/129 ipv4", 25, "bad prefix length '129', expected 0 to 128"},
	    {"bind address=fe80::1%eth0 ipv4", 14, "bad address"},
	    {"bind address=::1,2001:db8::1::2 ipv4", 18, "bad address"},
	    {"bind address=localhost ipv4", 14, "bad address 'localhost'"},
	    {"bind address=127.0.0.1 dual", 24, "127.0.0.0/8 can't be 'dual'"},
	    {"bind address=10.0.0.1,127.8.0.0/16 dual", 36, "127.0.0.0/8 can't be"},
	    {"bind name=x ipv4", 6, "expected tcp, udp, any, address=, port=, program=; at the end dual"},
	    {"text port=1 ipv4", 6, "expected program=; at the end auto, ipv6 or ipv4"},
	    {"text tcp ipv4", 6, "unknown or repeated word"},
	    {"literal ipv4", 9, "expected auto, on or off"},
	    {"deepbind auto", 10, "expected on or off"},
	    {"bind program=/usr/bin/x ipv4", 14, "without slashes"},
	};

	(void)state;
	rules("bind port=7 ipv4");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rules_error error = {.column = 0};

		assert_int_equal(rules_add(bad[i].rule, strlen(bad[i].rule), &error), -EINVAL);
		if (error.column != bad[i].column || !strstr(error.text, bad[i].text))
			fail_msg("%s: column %u: %s", bad[i].rule, error.column, error.text);
	}
	/* Nothing of them is left. */
	assert_string_equal(rules_text(), "bind port=7 ipv4\n");
	assert_int_equal(tcp_bind("::ffff:0.0.0.0", 1), RULES_DEFAULT);
}

static void bounds(void **state)
{
	struct rules_error error;
	char *line = malloc(RULES_TEXT + 100);
	size_t size;

	(void)state;
	rules_clear();
	for (int i = 0; i < RULES_MOST; i++)
		assert_int_equal(rules_add("bind port=1 ipv4", 16, &error), 0);
	assert_int_equal(rules_add("bind port=1 ipv4", 16, &error), -EINVAL);
	assert_string_equal(error.text, "too many rules altogether");
	for (int what = 0; what < 3; what++) {
		static const char *const lists[][2] = {{"bind port=1", ",1"},
						       {"bind address=::1", ",::1"},
						       {"connect name=aaaaaaa", ",aaaaaaa"}};

		rules_clear();
		size = (size_t)(stpcpy(line, lists[what][0]) - line);
		while (size < RULES_TEXT / 2)
			size = (size_t)(stpcpy(line + size, lists[what][1]) - line);
		size = (size_t)(stpcpy(line + size, " ipv4") - line);
		assert_int_equal(rules_add(line, size, &error), -EINVAL);
		assert_non_null(strstr(error.text, "too many"));
		assert_string_equal(rules_text(), "");
	}
	memset(line, 'x', RULES_TEXT);
	assert_int_equal(rules_add(line, RULES_TEXT, &error), -EINVAL);
	free(line);
}

static void text_is_read_again(void **state)
{
	char once[1000];

	(void)state;
	rules("\t bind   tcp\tport=1,2   ipv4 \nconnect any address=::1 name=* auto");
	assert_string_equal(rules_text(), "bind tcp port=1,2 ipv4\nconnect any address=::1 name=* auto\n");
	snprintf(once, sizeof once, "%s", rules_text());
	rules(once);
	assert_string_equal(rules_text(), once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_match_decides),
	    cmocka_unit_test(bind_without_address_is_the_wildcard),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(ports),
	    cmocka_unit_test(names),
	    cmocka_unit_test(programs),
	    cmocka_unit_test(unknown_facts),
	    cmocka_unit_test(only_named),
	    cmocka_unit_test(of_programs),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(text_is_read_again),
	};

	sockaddr_parse = inet_pton;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
