/* Units of systemd's: names, quoting, files, lists that permit and forbid. */
#include "../unit.h"

#include "tool/unit_name.h"
#include "tool/units/dropin.h"
#include "tool/units/rooted.h"
#include "tool/units/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The words of TEXT, with a "|" behind each, and "!" if it is broken off. */
static const char *split(const char *text)
{
	const char *word;
	char *all = keep_copy("", 0);
	size_t size;

	while ((word = word_next(&text, &size)))
		all = keep_format("%s%.*s|", all, (int)size, word);
	return keep_format("%s%s", all, *text ? "!" : "");
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(split(""), "");
	assert_string_equal(split("  a\tb  "), "a|b|");
	assert_string_equal(split("'a b' \"c d\" e' 'f"), "'a b'|\"c d\"|e' 'f|");
	assert_string_equal(split("\"\" ''"), "\"\"|''|");
	assert_string_equal(split("'\"' \"'\""), "'\"'|\"'\"|");
	assert_string_equal(split("a\\sb\\\"c '\\''"), "a\\sb\\\"c|'\\''|");
	assert_string_equal(split("\\x41\\102\\u00e9\\U0001F600"), "\\x41\\102\\u00e9\\U0001F600|");
	assert_string_equal(split("a \\q b"), "a|!");
	assert_string_equal(split("a \\x4 b"), "a|!");
	assert_string_equal(split("a \\18 b"), "a|!");
	assert_string_equal(split("a \\"), "a|!");
	assert_string_equal(split("a \"b"), "a|!");
	assert_string_equal(split("a %i$LIB"), "a|%i$LIB|");
}

static void escaped_text_is_one_word(void **state)
{
	(void)state;
	assert_string_equal(word_escaped("a b\"\\'\n\x7f\xc3\xa9 100%/%i"),
			    "a\\x20b\\\"\\\\\\'\\x0a\\x7f\xc3\xa9\\x20100%%/%%i");
	assert_string_equal(split(word_escaped("a b'\"c")), "a\\x20b\\'\\\"c|");
}

static void parse(struct unit *unit, const char *text)
{
	*unit = (struct unit){0};
	unit_parse(unit, text, strlen(text), "/test", false);
}

/* The last value of NAME; "" if there is none. */
static const char *last(const struct unit *unit, const char *name)
{
	const char *value = "";

	for (const struct setting *at = NULL; (at = unit_next(unit, name, at));)
		value = at->value;
	return value;
}

static void lines(void **state)
{
	struct unit unit;

	(void)state;
	parse(&unit, "A=before any section\n\xef\xbb\xbf[Service]\n");
	assert_null(unit.settings);
	parse(&unit,
	      "\xef\xbb\xbf[Service]\n  A  =  1 \r\n#B=2\n ; C=3\nno assignment\nD=a \\\n# no comment of it\n"
	      "  b\\\n\n[Other]\nA=4\n[Service\nA=5\n[Service]\nE=\\\\\nA=6=7\nF=x\\");
	assert_string_equal(last(&unit, "A"), "6=7");
	assert_string_equal(last(&unit, "B"), "");
	assert_string_equal(last(&unit, "C"), "");
	assert_string_equal(last(&unit, "D"), "a    b");
	assert_string_equal(last(&unit, "E"), "\\\\");
	assert_string_equal(last(&unit, "F"), "x");
	assert_string_equal(unit_next(&unit, "A", NULL)->value, "1");
	assert_string_equal(unit_next(&unit, "A", unit_next(&unit, "A", NULL))->value, "6=7");
}

static void nul_bytes_end_lines(void **state)
{
	static const char text[] = "[Service]\0A=1\0B=2\\\0 3";
	struct unit unit = {0};

	(void)state;
	unit_parse(&unit, text, sizeof text - 1, "/test", false);
	assert_string_equal(last(&unit, "A"), "1");
	assert_string_equal(last(&unit, "B"), "2  3");
}

/* Does a unit with these values of a list permit "x"? */
static bool permits(const char *text, const char *ours)
{
	struct unit unit;

	parse(&unit, keep_format("[Service]\n%s", text));
	return unit_permits(&unit, "L", "x", ours);
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
	struct unit unit;

	parse(&unit, keep_format("[Service]\n%s", before));
	after = keep_format("[Service]\n%s", after);
	unit_parse(&unit, after, strlen(after), "/etc/60.conf", true);
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

static void link_to(const char *root, const char *target, const char *name)
{
	assert_int_equal(symlink(target, keep_format("%s/%s", root, name)), 0);
}

static void links_stay_in_the_root(void **state)
{
	static const char *const made[] = {"absolute", "d/up", "loop", "d/passwd"};
	char root[] = "/tmp/test_unit.XXXXXX";
	size_t size;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(mkdir(keep_format("%s/d", root), 0700), 0);
	link_to(root, "/d", "absolute");
	link_to(root, "../../../d", "d/up");
	link_to(root, "loop", "loop");
	link_to(root, "/etc/passwd", "d/passwd");
	assert_string_equal(rooted_path(root, "/absolute/x/y"), keep_format("%s/d/x/y", root));
	assert_string_equal(rooted_path(root, "//absolute//"), keep_format("%s/d", root));
	assert_string_equal(rooted_path(root, "/absolute/up/./up"), keep_format("%s/d", root));
	assert_string_equal(rooted_path(root, "/../../.."), root);
	/* There is a file of that name outside. */
	assert_null(rooted_path(root, "/d/passwd"));
	assert_int_equal(errno, ENOENT);
	assert_null(rooted_read(root, "/d/passwd", &size));
	assert_null(rooted_path(root, "/loop/x"));
	assert_int_equal(errno, ELOOP);
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		assert_int_equal(unlink(keep_format("%s/%s", root, made[i])), 0);
	assert_int_equal(rmdir(keep_format("%s/d", root)), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(related_names),
	    cmocka_unit_test(words),
	    cmocka_unit_test(escaped_text_is_one_word),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(nul_bytes_end_lines),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(dropins),
	    cmocka_unit_test(links_stay_in_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
