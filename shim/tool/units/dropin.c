#include "tool/units/dropin.h"

#include "tool/units/words.h"

#include <string.h>

/* LIBRARY and what EXISTING names beside it, as ld.so(8) splits it. LIBRARY has no specifiers, EXISTING may.
 */
static char *preload(const char *library, const char *existing)
{
	const char *literal = word_literal(library);
	char *value = keep_copy(literal, strlen(literal));

	while (existing && *existing) {
		size_t skipped = strspn(existing, ": "), size = strcspn(existing + skipped, ": ");
		const char *one = existing + skipped;

		if (size && (size != strlen(literal) || strncmp(one, literal, size) != 0))
			value = keep_format("%s:%.*s", value, (int)size, one);
		existing = one + size;
	}
	return value;
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
	char *value = preload(library, unit_variable(unit, "LD_PRELOAD"));
	char *word = word_quoted(keep_format("LD_PRELOAD=%s", value));

	return keep_format("%s[Service]\nEnvironment=%s\n%s%s%s", DROPIN_HEADER, word,
			   families ? "RestrictAddressFamilies=" : "", families ? families : "",
			   families ? "\n" : "");
}
