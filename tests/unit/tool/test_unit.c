/* Units of systemd's: names, lines, lists that permit and forbid, the drop-in. */
#include "../unit.h"

#include "tool/unit_name.h"
#include "tool/units/unit.h"

#include <stdio.h>

static void names(void **state)
{
	(void)state;
	assert_true(unit_name_is_service("a.service"));
	assert_true(unit_name_is_service("a@b.service"));
	assert_true(unit_name_is_service("a\\x2db:c_d-e.f@.service"));
	assert_false(unit_name_is_service(".service"));
	assert_false(unit_name_is_service("@b.service"));
	assert_false(unit_name_is_service("a.socket"));
	assert_false(unit_name_is_service("a"));
	assert_false(unit_name_is_service("a/b.service"));
	assert_false(unit_name_is_service("a b.service"));
	assert_string_equal(unit_name("a"), "a.service");
	assert_string_equal(unit_name("a.b"), "a.b.service");
	assert_string_equal(unit_name("a.service"), "a.service");
	assert_string_equal(unit_name("a.socket"), "a.socket");
	assert_string_equal(unit_name_type("a.b.socket"), ".socket");
	assert_null(unit_name(""));
	assert_null(unit_name("-a"));
	assert_null(unit_name(".service"));
	assert_null(unit_name("../a"));
}

static void related_names(void **state)
{
	(void)state;
	assert_string_equal(unit_name_template("a@b.service"), "a@.service");
	assert_string_equal(unit_name_template("a@b@c.service"), "a@.service");
	assert_null(unit_name_template("a@.service"));
	assert_null(unit_name_template("a.service"));
	assert_string_equal(unit_name_instance("a@b.service", "c@.service"), "c@b.service");
	assert_string_equal(unit_name_instance("a@b.service", "c@d.service"), "c@d.service");
	assert_string_equal(unit_name_instance("a@.service", "c@.service"), "c@.service");
	assert_string_equal(unit_name_instance("a.service", "c.service"), "c.service");
	assert_string_equal(unit_name_shorter("a-b-c.service"), "a-b-.service");
	assert_string_equal(unit_name_shorter("a-b-.service"), "a-.service");
	assert_null(unit_name_shorter("a-.service"));
	assert_null(unit_name_shorter("a.service"));
	assert_null(unit_name_shorter("-a.service"));
	assert_string_equal(unit_name_shorter("a-b@c-d.service"), "a-@c-d.service");
}

static void parse_more(struct unit *unit, const char *text, size_t size, bool later)
{
	FILE *stream = fmemopen((void *)(uintptr_t)text, size, "r");

	assert_non_null(stream);
	unit_parse(unit, stream, "/test", later);
	(void)fclose(stream);
}

/* The values of Environment= in TEXT, with "|" behind each. */
static const char *values(const char *text, size_t size)
{
	struct unit unit = {.environment = {0}};
	const char *all = "";

	parse_more(&unit, text, size, false);
	for (size_t i = 0; i < unit.environment.count; i++)
		all = keep_format("%s%s|", all, unit.environment.at[i].value);
	return all;
}

static const char *lines_of(const char *text)
{
	return values(text, strlen(text));
}

static void lines(void **state)
{
	static const char nul[] = "[Service]\nEnvironment=A\0B\n\0Environment=C\n";

	(void)state;
	assert_string_equal(lines_of("Environment=before any section\n"), "");
	assert_string_equal(lines_of("[Service]\n  Environment  =  1 \r\n#Environment=2\n ; Environment=3\n"),
			    "1|");
	assert_string_equal(lines_of("[Service]\nEnvironment=a \\\n# no comment of it\n  b\\\n\n[Other]\n"),
			    "a    b|");
	assert_string_equal(lines_of("[Service]\n[Other]\nEnvironment=4\n[Service\nEnvironment=5\n"), "");
	assert_string_equal(lines_of("[Service]\nX=\\\\\nEnvironment=6=7\nEnvironment=x\\"), "6=7|x|");
	assert_string_equal(lines_of("[Service]\nX=\\\nEnvironment=6=7\nEnvironment="), "|");
	assert_string_equal(values(nul, sizeof nul - 1), "A|");
}

/* Does a unit with these values of the list permit "x"? */
static bool permits(const char *text, const char *ours)
{
	struct unit unit = {.environment = {0}};
	const char *all = "[Service]\n";

	for (; *text; text += strcspn(text, "\n") + 1)
		all = keep_format("%sRestrictAddressFamilies%.*s\n", all, (int)strcspn(text, "\n") - 1,
				  text + 1);
	parse_more(&unit, all, strlen(all), false);
	return unit_permits(&unit, "x", ours);
}

static void lists(void **state)
{
	(void)state;
	assert_true(permits("", NULL));
	assert_true(permits("L=a x\n", NULL));
	assert_false(permits("L=a\n", NULL));
	assert_false(permits("L=none\n", NULL));
	assert_false(permits("L=~a x\n", NULL));
	assert_true(permits("L=~a\n", NULL));
	assert_true(permits("L=~x\nL=\n", NULL));
	assert_false(permits("L=a x\nL=~x\n", NULL));
	assert_true(permits("L=~x\nL=x\n", NULL));
	assert_true(permits("L=a\n", "x"));
	assert_true(permits("L=~x\n", "x"));
	assert_true(permits("", "x"));
	assert_true(permits("L=none\n", "x"));
}

static const char *text_for(const char *before, const char *after)
{
	struct unit unit = {.environment = {0}};

	before = keep_format("[Service]\n%s", before);
	after = keep_format("[Service]\n%s", after);
	parse_more(&unit, before, strlen(before), false);
	parse_more(&unit, after, strlen(after), true);
	return dropin_text(&unit, "/lib%.so") + strlen(DROPIN_HEADER "[Service]\nEnvironment=");
}

static void dropins(void **state)
{
	(void)state;
	assert_string_equal(text_for("", ""), "\"LD_PRELOAD=/lib%%.so\"\n");
	assert_string_equal(text_for("Environment=\"LD_PRELOAD=/a  /b\"\n", ""),
			    "\"LD_PRELOAD=/lib%%.so:/a  /b\"\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD='/a'\n", ""), "LD_PRELOAD=/lib%%.so:'/a'\n");
	assert_string_equal(text_for("Environment='LD_PRELOAD='\n", ""), "'LD_PRELOAD=/lib%%.so'\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD=/a:/lib%%.so:/b\n", ""),
			    "LD_PRELOAD=/a:/lib%%.so:/b\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD=/my/lib%%.so\n", ""),
			    "LD_PRELOAD=/lib%%.so:/my/lib%%.so\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD=/lib%%.so.1\n", ""),
			    "LD_PRELOAD=/lib%%.so:/lib%%.so.1\n");
	assert_string_equal(text_for("Environment=A=1 'LD_PRELOAD=/a /b' C=3\n", ""),
			    "'LD_PRELOAD=/lib%%.so:/a /b'\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD=/a \"unclosed\n", ""),
			    "LD_PRELOAD=/lib%%.so:/a\n");
	assert_string_equal(text_for("Environment=LD_PRELOAD=/a\nEnvironment=\n", ""),
			    "\"LD_PRELOAD=/lib%%.so\"\n");
	assert_string_equal(text_for("", "Environment=LD_PRELOAD=/later\n"), "\"LD_PRELOAD=/lib%%.so\"\n");
	assert_string_equal(text_for("RestrictAddressFamilies=AF_INET\n", ""),
			    "\"LD_PRELOAD=/lib%%.so\"\nRestrictAddressFamilies=AF_INET6\n");
	/* What would be worse with it, or not better, is left alone. */
	assert_string_equal(text_for("", "RestrictAddressFamilies=~AF_INET6\n"),
			    "\"LD_PRELOAD=/lib%%.so\"\n");
	assert_string_equal(text_for("RestrictAddressFamilies=AF_UNIX\n", ""), "\"LD_PRELOAD=/lib%%.so\"\n");
	assert_string_equal(
	    text_for("RestrictAddressFamilies=AF_INET\n", "RestrictAddressFamilies=~AF_INET6\n"),
	    "\"LD_PRELOAD=/lib%%.so\"\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names), cmocka_unit_test(related_names), cmocka_unit_test(lines),
	    cmocka_unit_test(lists), cmocka_unit_test(dropins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
