#include "tool/units/service.h"

#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *service_word(const char **at, size_t *size)
{
	const char *word = *at + strspn(*at, " ");

	*size = strcspn(word, " ");
	*at = word + *size;
	return *size ? word : NULL;
}

void service_warn(const struct service *service, const char *setting, const char *value, const char *format,
		  ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	tool_warn("%s: %s=%.80s%s: %s", service->name, setting, value, strlen(value) > 80 ? "..." : "", text);
}
