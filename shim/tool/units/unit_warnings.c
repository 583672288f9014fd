#include "tool/units/unit_warnings.h"

#include "tool/tool.h"
#include "tool/units/dropin.h"
#include "tool/units/rooted.h"
#include "tool/units/unit_values.h"
#include "tool/units/words.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void unit_warn(const struct unit *unit, const char *name, const char *value, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	tool_warn("%s: %s=%.80s%s: %s", unit->files.name, name, value, strlen(value) > 80 ? "..." : "", text);
}

/* LIST as one line, for showing it. */
static const char *joined(const struct texts *list)
{
	const char *all = "";

	for (size_t i = 0; i < list->count; i++)
		all = keep_format("%s%s%s", all, i ? " " : "", list->at[i]);
	return all;
}

/* Whether PREFIX, of IPAddressAllow= or IPAddressDeny=, is about IPv6 addresses beyond the machine and link.
 */
static bool is_ipv6(const char *prefix)
{
	return strcmp(prefix, "any") == 0 || strchr(prefix, ':');
}

static void address_deny(const struct unit *unit, const char *name)
{
	struct texts deny = unit_words(unit, name), allow = unit_words(unit, "IPAddressAllow");
	static const char *const whole[] = {"any", "::/0", "::", NULL};
	bool denied = false, ipv4_only = !allow.count;

	for (size_t i = 0; i < deny.count; i++)
		for (size_t j = 0; whole[j]; j++)
			denied |= strcmp(deny.at[i], whole[j]) == 0;
	/* "localhost" and its like mean both families. */
	for (size_t i = 0; i < allow.count; i++) {
		if (is_ipv6(allow.at[i]))
			return;
		ipv4_only |= strchr(allow.at[i], '.') != NULL;
	}
	if (denied && ipv4_only)
		unit_warn(unit, name, joined(&deny),
			  "no packet of another host's gets through over IPv6; add the IPv6 networks to "
			  "IPAddressAllow=");
}

static void private_network(const struct unit *unit, const char *name)
{
	const char *value = unit_last(unit, name);

	if (!unit_no(value))
		unit_warn(unit, name, value, "the service has a loopback interface only, nobody reaches it");
}

/* What the library needs of the kernel beyond what a server does anyway, and the group it is in. */
static const char *const calls[][4] = {
    {"socket", "@network-io", "@system-service", NULL},
    {"bind", "@network-io", "@system-service", NULL},
    {"getsockopt", "@network-io", "@system-service", NULL},
    {"setsockopt", "@network-io", "@system-service", NULL},
    {"getsockname", "@network-io", "@system-service", NULL},
    {"dup3", "@basic-io", "@system-service", NULL},
    {"fcntl", "@file-system", "@system-service", NULL},
};

static void call_filter(const struct unit *unit, const char *name)
{
	struct texts values = unit_lines(unit, "Service", name), missing = {0};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const char *const names[] = {calls[i][0], calls[i][1], calls[i][2], "@known", NULL};

		if (!unit_permits(unit, name, names, NULL))
			texts_add(&missing, calls[i][0]);
	}
	if (missing.count)
		unit_warn(unit, name, joined(&values),
			  "forbids what the library calls; add a drop-in with SystemCallFilter=%s",
			  joined(&missing));
}

static void families(const struct unit *unit, const char *name)
{
	static const char *const inet[] = {"AF_INET", NULL}, *const inet6[] = {"AF_INET6", NULL};
	struct texts values = unit_lines(unit, "Service", name);
	const char *ours = dropin_families(unit);

	if (!unit_permits(unit, name, inet, ours))
		unit_warn(unit, name, joined(&values),
			  "forbids AF_INET, so that there is nothing to add IPv6 to");
	else if (!unit_permits(unit, name, inet6, ours))
		unit_warn(unit, name, joined(&values),
			  "a drop-in read after " UNIT_DROPIN " forbids AF_INET6; permit it there");
}

/* Whether RULE, of SocketBindAllow= or SocketBindDeny=, bears on IPv6. */
static bool binds_ipv6(const char *rule)
{
	return strcmp(rule, "ipv4") != 0 && strncmp(rule, "ipv4:", 5) != 0;
}

static void socket_bind(const struct unit *unit, const char *name)
{
	struct texts deny = unit_lines(unit, "Service", name),
		     allow = unit_lines(unit, "Service", "SocketBindAllow");
	const char *rule = NULL;

	for (size_t i = 0; i < deny.count; i++)
		if (binds_ipv6(deny.at[i]))
			rule = deny.at[i];
	for (size_t i = 0; i < allow.count; i++)
		if (binds_ipv6(allow.at[i]))
			return;
	if (rule)
		unit_warn(unit, name, rule,
			  "the service can't bind IPv6 sockets; add SocketBindAllow=ipv6: with its ports");
}

static void environment(const struct unit *unit, const char *name)
{
	const struct setting *lost = unit_variable_lost(unit, "LD_PRELOAD");

	if (lost)
		unit_warn(unit, name, lost->value,
			  "in %s, read after " UNIT_DROPIN ", takes its LD_PRELOAD away", lost->file);
}

static void unset_environment(const struct unit *unit, const char *name)
{
	struct texts words = unit_words(unit, name);

	for (size_t i = 0; i < words.count; i++)
		if (strcmp(words.at[i], "LD_PRELOAD") == 0)
			unit_warn(unit, name, words.at[i],
				  "takes the library away again; reset it with an empty UnsetEnvironment=");
}

/* Whether one of the lines of TEXT, an EnvironmentFile=, sets LD_PRELOAD. */
static bool sets_preload(const char *text)
{
	static const char name[] = "LD_PRELOAD";

	for (; text; text = strchr(text, '\n')) {
		text += strspn(text, " \t\r\n");
		if (strncmp(text, name, strlen(name)) == 0 &&
		    text[strlen(name) + strspn(text + strlen(name), " \t")] == '=')
			return true;
	}
	return false;
}

/* PATTERN's files under ROOT: glob(7), as systemd takes it. They begin behind ROOT. */
static struct texts files_like(const char *root, const char *pattern)
{
	struct texts files = {0};
	char *escaped = keep(2 * strlen(root) + 1), *to = escaped;
	glob_t found;

	for (const char *at = root; *at; at++) {
		if (strchr("*?[\\", *at))
			*to++ = '\\';
		*to++ = *at;
	}
	if (glob(keep_format("%s%s", escaped, pattern), 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			texts_add(&files, keep_copy(found.gl_pathv[i] + strlen(root),
						    strlen(found.gl_pathv[i]) - strlen(root)));
		globfree(&found);
	}
	return files;
}

static void environment_file(const struct unit *unit, const char *name)
{
	struct texts values = unit_lines(unit, "Service", name);

	for (size_t i = 0; i < values.count; i++) {
		const char *pattern = values.at[i] + (*values.at[i] == '-');
		struct texts files = files_like(unit->place.root, *pattern == '/' ? pattern : "/dev/null");

		for (size_t j = 0; j < files.count; j++) {
			size_t size;
			const char *text = rooted_read(unit->place.root, files.at[j], &size);

			if (text && sets_preload(text))
				unit_warn(unit, name, values.at[i],
					  "LD_PRELOAD in %s goes before that of Environment=; name the "
					  "library there",
					  files.at[j]);
		}
	}
}

static const struct {
	const char *name;
	void (*look)(const struct unit *unit, const char *name);
} settings[] = {
    {"Environment", environment},
    {"EnvironmentFile", environment_file},
    {"UnsetEnvironment", unset_environment},
    {"RestrictAddressFamilies", families},
    {"IPAddressDeny", address_deny},
    {"SocketBindDeny", socket_bind},
    {"PrivateNetwork", private_network},
    {"SystemCallFilter", call_filter},
};

static void setting_warnings(const struct unit *unit)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		settings[i].look(unit, settings[i].name);
}

void unit_warnings(const struct unit *unit, const char *library)
{
	setting_warnings(unit);
	unit_library_warnings(unit, library);
	unit_socket_warnings(unit);
	unit_program_warnings(unit);
}
