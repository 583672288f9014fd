/* Settings: values, errors with their places, and that printed settings are read back. */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "base/sockaddr.h"
#include "config/settings.h"

static int parse(struct settings *s, const char *text, struct rules_error *error)
{
	rules_clear();
	settings_default(s);
	return settings_parse(s, text, strlen(text), error);
}

static void understood(void **state)
{
	struct rules_error error;
	struct settings s;

	(void)state;
	assert_int_equal(parse(&s,
			       "# a comment\n\n  \t\n"
			       "enabled=no\n delay =\t0\r\npool = 198.18.0.0/15\npeer = real\ntext = "
			       "ipv4\nprefer = ipv6\nsynthetic = always\nloopback = synthetic\n"
			       "log = debug:/var/log/a b = c.log\n"
			       "bind port=1 ipv4\n  # another\nconnect ipv6",
			       &error),
			 0);
	assert_false(s.enabled);
	assert_int_equal(s.delay, 0);
	assert_int_equal(s.pool, 0xc6120000);
	assert_int_equal(s.pool_bits, 15);
	assert_int_equal(s.peer, SETTINGS_PEER_REAL);
	assert_int_equal(s.text, SETTINGS_TEXT_IPV4);
	assert_true(s.prefer_in6);
	assert_true(s.synthetic_always);
	assert_true(s.loopback_synthetic);
	assert_string_equal(s.log, "debug:/var/log/a b = c.log");
	assert_string_equal(rules_text(), "bind port=1 ipv4\nconnect ipv6\n");
}

static void defaults(void **state)
{
	struct rules_error error;
	char text[SETTINGS_TEXT];
	struct settings s;

	(void)state;
	assert_int_equal(parse(&s, "", &error), 0);
	settings_print(&s, false, text);
	assert_string_equal(text, "");
	settings_print(&s, true, text);
	assert_string_equal(text,
			    "enabled = yes\ndelay = 250\npool = 240.0.0.0/4\npeer = auto\n"
			    "loopback = ipv4\nsynthetic = asked\nprefer = own\nnat64 = auto\ntext = auto\n"
			    "log = off\n");
}

static void printed_is_read_again(void **state)
{
	char text[SETTINGS_TEXT], again[SETTINGS_TEXT];
	struct rules_error error;
	struct settings s;

	(void)state;
	for (int all = 0; all < 2; all++) {
		assert_int_equal(parse(&s,
				       "nat64 = auto:64:ff9b::/96\ndelay = 60000\npool = 10.0.0.0/8\npeer = "
				       "synthetic\nlog = info:syslog\n"
				       "bind tcp ipv4\n",
				       &error),
				 0);
		settings_print(&s, all, text);
		assert_int_equal(parse(&s, text, &error), 0);
		settings_print(&s, all, again);
		assert_string_equal(again, text);
		assert_int_equal(s.delay, 60000);
		assert_int_equal(s.pool_bits, 8);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *says;
	} bad[] = {
	    {"delay = x", 1, 9, "expected a number of milliseconds from 0 to 60000"},
	    {"\n\n  delay =   60001", 3, 13, "0 to 60000"},
	    {"delay =", 1, 8, "0 to 60000"},
	    {"delay = -1", 1, 9, "0 to 60000"},
	    {"delay = 00250", 2, 1, ""},
	    {"delay = 000250", 1, 9, "0 to 60000"},
	    {"delay", 1, 1, "unknown word"},
	    {"Delay = 1", 1, 1, "unknown word"},
	    {"= 1", 1, 1, "unknown word"},
	    {"delays = 1", 1, 1, "unknown word"},
	    {"enabled = maybe", 1, 11, "yes or no"},
	    {"peer = fake", 1, 8, "auto, synthetic or real"},
	    {"nat64 = 64:ff9b::/95", 1, 9, "auto, off, or an IPv6 prefix"},
	    {"nat64 = 64:ff9b::1/96", 1, 9, "prefix"},
	    {"nat64 = auto:", 1, 9, "prefix"},
	    {"nat64 = autos", 1, 9, "prefix"},
	    {"text = ipv5", 1, 8, "auto, ipv6 or ipv4"},
	    {"loopback = real", 1, 12, "ipv4 or synthetic"},
	    {"log = info:relative", 1, 7, "absolute path"},
	    {"log = info:", 1, 7, "absolute path"},
	    {"log = loud", 1, 7, "off, error, info or debug"},
	    {"pool = 240.0.0.0", 1, 8, "prefix"},
	    {"pool = ", 1, 7, "no value, expected an IPv4 prefix"},
	    {"pool = 240.0.0.0/3", 1, 8, "prefix"},
	    {"pool = 240.0.0.0/17", 1, 8, "prefix"},
	    {"pool = 241.0.0.0/4", 1, 8, "prefix"},
	    {"pool = 127.0.0.0/8", 1, 8, "prefix"},
	    {"pool = 112.0.0.0/4", 1, 8, "prefix"},
	    {"pool = 126.0.0.0/7", 1, 8, "prefix"},
	    {"pool = 0.0.0.0/8", 1, 8, "prefix"},
	    {"pool = 224.0.0.0/4", 1, 8, "prefix"},
	    {"pool = 2001:db8::/16", 1, 8, "prefix"},
	    {"pool = 240.0.0.0.0.0.0.0.0.0.0/4", 1, 8, "prefix"},
	    {"delay = 1\ndelay = 1", 2, 1, "second 'delay'"},
	    {"delay = 1 # one", 1, 9, "0 to 60000"},
	    {"# x\n  bind port=x ipv4", 2, 13, "bad port 'x'"},
	    {"bindport=x ipv4", 1, 1, "unknown word"},
	    {"[Service]", 1, 1, "unknown word"},
	};
	struct rules_error error;
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int result = parse(&s, bad[i].text, &error);

		if (!*bad[i].says) {
			assert_int_equal(result, 0);
			continue;
		}
		assert_int_equal(result, -EINVAL);
		if (error.line != bad[i].line || error.column != bad[i].column ||
		    !strstr(error.text, bad[i].says))
			fail_msg("%s: %u:%u: %s", bad[i].text, error.line, error.column, error.text);
	}
	assert_int_equal(settings_parse(&s,
					"delay = 1\0"
					"2",
					11, &error),
			 -EINVAL);
	assert_int_equal(error.column, 10);
	/* A rule is no place for a setting. */
	assert_int_equal(settings_parse(NULL, "bind ipv4\ndelay = 1\n", 20, &error), -EINVAL);
	assert_int_equal(error.line, 2);
	assert_int_equal(settings_parse(NULL, "", 0, &error), 0);
}

static void one_by_one(void **state)
{
	const char *expected = NULL;
	struct settings s;

	(void)state;
	settings_default(&s);
	assert_int_equal(settings_set(&s, "delay", "7", &expected), 0);
	assert_int_equal(s.delay, 7);
	/* A bad value changes nothing. */
	assert_int_equal(settings_set(&s, "delay", "seven", &expected), -EINVAL);
	assert_non_null(strstr(expected, "milliseconds"));
	assert_int_equal(s.delay, 7);
	assert_int_equal(settings_set(&s, "text", "ipv4", &expected), 0);
	assert_int_equal(settings_set(&s, "text", "x", &expected), -EINVAL);
	assert_int_equal(s.text, SETTINGS_TEXT_IPV4);
	assert_int_equal(settings_set(&s, "enabled", "x", &expected), -EINVAL);
	assert_true(s.enabled);
	assert_int_equal(settings_set(&s, "log", "info:/a\nb", &expected), -EINVAL);
	/* It would be read back without the blank. */
	assert_int_equal(settings_set(&s, "log", "info:/a ", &expected), -EINVAL);
	assert_int_equal(settings_set(&s, "log", "info:/a b", &expected), 0);
	assert_int_equal(settings_set(&s, "nothing", "x", &expected), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(understood),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(printed_is_read_again),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(one_by_one),
	};

	sockaddr_parse = inet_pton;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
