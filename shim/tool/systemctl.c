#include "tool/systemctl.h"

#include "tool/bounded.h"

#include <errno.h>
#include <string.h>

int systemctl_show(const char *unit, const char *properties, bool user, struct texts *answer)
{
	const char *argv[] = {
	    "systemctl", user ? "--user" : "--system", "show", "--property", properties, "--", unit, NULL};
	char *output, *rest = NULL;
	int status = bounded_run(bounded_execute, argv, &output);

	*answer = (struct texts){0};
	if (status == 0)
		for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			texts_add(answer, line);
	return status == 127 ? -ENOSYS : status ? -EIO : 0;
}

const char *systemctl_value(const char *text, const char *name)
{
	size_t size = strlen(name);

	return strncmp(text, name, size) == 0 && text[size] == '=' ? text + size + 1 : NULL;
}

const char *systemctl_first(const struct texts *answer, const char *name)
{
	for (size_t i = 0; i < answer->count; i++)
		if (systemctl_value(answer->at[i], name))
			return systemctl_value(answer->at[i], name);
	return "";
}
