#include "tool/unit_name.h"

#include "tool/keep.h"

#include <string.h>

enum { LONGEST = 255 }; /* UNIT_NAME_MAX */

static const char SERVICE[] = ".service";
static const char *const types[] = {SERVICE, ".socket", ".target", ".device", ".mount", ".automount",
				    ".swap", ".timer",  ".path",   ".slice",  ".scope", NULL};

const char *unit_name_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && types[i]; i++)
		if (strcmp(dot, types[i]) == 0)
			return dot;
	return NULL;
}

const char *unit_name(const char *argument)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
	const char *type = unit_name_type(argument);

	if (!*argument || *argument == '-' || *argument == '@' || type == argument ||
	    argument[strspn(argument, allowed)] || strlen(argument) + (type ? 0 : strlen(SERVICE)) > LONGEST)
		return NULL;
	return type ? argument : keep_format("%s%s", argument, SERVICE);
}

bool unit_name_is_service(const char *name)
{
	const char *type = unit_name_type(name);

	return type && strcmp(type, SERVICE) == 0 && unit_name(name);
}

/* Returns where the instance of NAME begins, behind its @, and in *END where it ends. NULL if it has no @. */
static const char *instance_of(const char *name, const char **end)
{
	const char *at = strchr(name, '@');

	*end = unit_name_type(name);
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
	/* A dash at the end of the prefix comes from the previous step. */
	if (dash > name && dash[-1] == '-')
		dash--;
	while (dash > name && dash[-1] != '-')
		dash--;
	if (dash <= name + 1)
		return NULL;
	return keep_format("%.*s%s", (int)(dash - name), name, prefix_end);
}
