#include "tool/units/dropin.h"

#include "tool/units/words.h"

#include <stdbool.h>
#include <string.h>

/* What separates libraries (ld.so(8)), and what may stand around an assignment to LD_PRELOAD. */
static const char AROUND[] = ":=\"' ";

static bool names(const char *word, const char *library)
{
	const char *found = strstr(word, library);

	return found && strchr(AROUND, found[-1]) && strchr(AROUND, found[strlen(library)]);
}

/* The assignment to LD_PRELOAD, in which the unit's own WORD stays as it is written; NULL if it has none. */
static char *preload(const char *library, const char *word)
{
	static const char name[] = "LD_PRELOAD=";
	const char *rest, *literal = word_escaped(library);

	if (!word)
		return keep_format("\"%s%s\"", name, literal);
	if (names(word, literal))
		return keep_copy(word, strlen(word));
	rest = strstr(word, name) + strlen(name);
	return keep_format("%.*s%s%s%s", (int)(rest - word), word, literal,
			   rest[strspn(rest, AROUND)] ? ":" : "", rest);
}

const char *dropin_families(const struct unit *unit)
{
	static const char name[] = "RestrictAddressFamilies", inet[] = "AF_INET", inet6[] = "AF_INET6";

	/* It adds to a list that permits, and takes away from one that forbids. */
	if (!unit_permits(unit, name, inet6, NULL) && unit_permits(unit, name, inet, NULL) &&
	    unit_permits(unit, name, inet6, inet6) && unit_permits(unit, name, inet, inet6))
		return inet6;
	return NULL;
}

char *dropin_text(const struct unit *unit, const char *library)
{
	const char *families = dropin_families(unit);

	return keep_format("%s[Service]\nEnvironment=%s\n%s%s%s", DROPIN_HEADER,
			   preload(library, unit_variable(unit, "LD_PRELOAD")),
			   families ? "RestrictAddressFamilies=" : "", families ? families : "",
			   families ? "\n" : "");
}
