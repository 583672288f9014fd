#include "tool/units/unit_name.h"

#include "tool/keep.h"
#include "tool/tool.h"

#include <string.h>

enum { LONGEST = 255 }; /* UNIT_NAME_MAX */

static const char SERVICE[] = ".service";
static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
static const char *const types[] = {".service", ".socket", ".target", ".device", ".mount", ".automount",
				    ".swap",    ".timer",  ".path",   ".slice",  ".scope", NULL};

/* The unit type at the end of NAME, with its dot; NULL if there is none. */
static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && types[i]; i++)
		if (strcmp(dot, types[i]) == 0)
			return dot;
	return NULL;
}

bool unit_name_valid(const char *name)
{
	const char *type = type_of(name);

	return type && type != name && *name != '@' && strcmp(type, SERVICE) == 0 &&
	       strlen(name) <= LONGEST && !name[strspn(name, ALLOWED)];
}

const char *unit_name(const char *argument)
{
	const char *type = type_of(argument), *name = argument;

	if (strlen(argument) > LONGEST)
		tool_fail("%.32s...: a unit's name has at most %d bytes, this has %zu", argument, LONGEST,
			  strlen(argument));
	if (!*argument || argument[strspn(argument, ALLOWED)])
		tool_fail("'%s': not a unit's name, expected one such as dovecot.service, not a path",
			  argument);
	if (type && strcmp(type, SERVICE) != 0)
		tool_fail("%s: a %s unit runs no program, expected a service such as dovecot.service",
			  argument, type + 1);
	if (!type)
		name = keep_format("%s%s", argument, SERVICE);
	if (!unit_name_valid(name))
		tool_fail("'%s': not a unit's name, expected one such as dovecot.service", argument);
	return name;
}

/* Where the instance of NAME begins and ends: behind its @, and at its type. NULL if it has no @. */
static const char *instance_of(const char *name, const char **end)
{
	const char *at = strchr(name, '@');

	*end = type_of(name);
	return at && *end > at ? at + 1 : NULL;
}

const char *unit_name_template(const char *name)
{
	const char *end, *instance = instance_of(name, &end);

	if (!instance || instance == end)
		return NULL;
	return keep_format("%.*s%s", (int)(instance - name), name, end);
}

const char *unit_name_instance(const char *name, const char *other)
{
	const char *end, *to_end, *instance = instance_of(name, &end), *to = instance_of(other, &to_end);

	if (!instance || instance == end || !to || to != to_end)
		return other;
	return keep_format("%.*s%.*s%s", (int)(to - other), other, (int)(end - instance), instance, to_end);
}

const char *unit_name_shorter(const char *name)
{
	const char *end, *instance = instance_of(name, &end);
	const char *prefix_end = instance ? instance - 1 : end, *dash = prefix_end;

	if (!end || end == name)
		return NULL;
	/* A dash at the very end of the prefix was left there by the step before. */
	if (dash > name && dash[-1] == '-')
		dash--;
	while (dash > name && dash[-1] != '-')
		dash--;
	if (dash <= name + 1)
		return NULL;
	return keep_format("%.*s%s", (int)(dash - name), name, prefix_end);
}
