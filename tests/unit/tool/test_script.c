/* First lines of scripts, as the kernel and env(1) take them. */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "program/script.h"

static int parse(struct script *s, const char *data, size_t size)
{
	size = size < SCRIPT_LINE ? size : SCRIPT_LINE;
	memcpy(s->line, data, size);
	return script_parse(s, size);
}

static void lines(void **state)
{
	static const struct {
		const char *line, *interpreter, *name;
		bool options;
	} cases[] = {
	    {"#!/bin/sh\n", "/bin/sh", "", false},
	    {"#! \t/bin/sh \t-e x \n", "/bin/sh", "", false},
	    {"#!/bin/sh", "/bin/sh", "", false},
	    {"#!/usr/bin/env python3\n", "/usr/bin/env", "python3", false},
	    {"#!/usr/bin/env python3 -u\n", "/usr/bin/env", "python3 -u", false},
	    {"#!/usr/bin/env\n", "/usr/bin/env", "", false},
	    {"#!env x\n", "env", "x", false},
	    {"#!/usr/bin/envy x\n", "/usr/bin/envy", "", false},
	    {"#!/usr/bin/env -S A=b python3 -u\n", "/usr/bin/env", "python3", false},
	    {"#!/usr/bin/env -Spython3\n", "/usr/bin/env", "python3", false},
	    {"#!/usr/bin/env a=b\n", "/usr/bin/env", "a=b", false},
	    {"#!/usr/bin/env -i\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env -\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env -iS perl\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env -S -u OTHER perl\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env -S\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env --unset=LD_PRELOAD perl\n", "/usr/bin/env", "", true},
	    {"#!/usr/bin/env -S A=b LD_PRELOAD=x perl\n", "/usr/bin/env", "", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script s;

		assert_int_equal(parse(&s, cases[i].line, strlen(cases[i].line)), 0);
		assert_string_equal(s.interpreter, cases[i].interpreter);
		assert_string_equal(s.name ? s.name : "", cases[i].name);
		assert_int_equal(s.options, cases[i].options);
	}
}

static void no_lines(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		int error;
	} cases[] = {
	    {"", 0, -ENOEXEC},        {"#", 1, -ENOEXEC},        {"#!", 2, -ENOEXEC},
	    {"#! \t\n", 5, -ENOEXEC}, {"echo\n\0", 6, -ENOEXEC}, {"#!/bin/sh\0\n", 11, -EBADMSG},
	    {"\1\0", 2, -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script s;

		assert_int_equal(parse(&s, cases[i].data, cases[i].size), cases[i].error);
	}
}

/* The kernel looks at 256 bytes. */
static void long_line(void **state)
{
	char data[2 * SCRIPT_LINE];
	struct script s;

	(void)state;
	memset(data, 'x', sizeof data);
	memcpy(data, "#!/bin/env ", 11);
	assert_int_equal(parse(&s, data, sizeof data), 0);
	assert_int_equal(strlen(s.name), SCRIPT_LINE - 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines),
	    cmocka_unit_test(no_lines),
	    cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
