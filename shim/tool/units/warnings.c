#define _GNU_SOURCE
#include "tool/units/unit.h"

#include "program/findings.h"
#include "tool/systemctl.h"
#include "tool/tool.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The service manager's properties of a service. */
struct service {
	const char *name;
	struct texts properties; /* systemctl.h */
	bool known;              /* known() has told what its program needs */
};

/* Warns of SETTING=VALUE; a long VALUE is cut. */
__attribute__((format(printf, 4, 5))) static void
service_warn(const struct service *service, const char *setting, const char *value, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	tool_warn("%s: %s=%.80s%s: %s", service->name, setting, value, strlen(value) > 80 ? "..." : "", text);
}

/* The next word of *AT, which is moved behind it, of *SIZE bytes; NULL at the end. Words of properties have
 * blanks between them and no quotes. */
static const char *service_word(const char **at, size_t *size)
{
	const char *word = *at + strspn(*at, " ");

	*size = strcspn(word, " ");
	*at = word + *size;
	return *size ? word : NULL;
}

/* Is WORD in LIST, where each word may be followed by ":" and more? */
static bool has(const char *list, const char *word)
{
	const char *one;
	size_t size;

	while ((one = service_word(&list, &size)))
		if (strncmp(one, word, strlen(word)) == 0 &&
		    (size == strlen(word) || one[strlen(word)] == ':'))
			return true;
	return false;
}

/* IPv4 and IPv6 addresses of the machine and the link, which systemd's "localhost" and so on stand for. */
static const char LOCAL[] = "127.0.0.0/8 ::1/128 169.254.0.0/16 fe80::/64 224.0.0.0/4 ff00::/8";

static void address_deny(const struct service *service)
{
	static const char name[] = "IPAddressDeny";
	const char *deny = systemctl_first(&service->properties, name), *word;
	const char *allow = systemctl_first(&service->properties, "IPAddressAllow");
	bool ipv4_only = !*allow;
	size_t size;

	while ((word = service_word(&allow, &size))) {
		bool local = has(LOCAL, keep_copy(word, size));

		if (!local && memchr(word, ':', size))
			return;
		ipv4_only |= !local;
	}
	if (ipv4_only && strstr(keep_format(" %s ", deny), " ::/0 "))
		service_warn(service, name, deny,
			     "blocks IPv6 packets of other hosts; add the IPv6 networks to IPAddressAllow=");
}

static void call_filter(const struct service *service)
{
	static const char name[] = "SystemCallFilter";
	/* The system calls that the library needs beyond those of any server. */
	static const char *const calls[] = {"socket",      "bind", "getsockopt", "setsockopt",
					    "getsockname", "dup3", "fcntl"};
	const char *value = systemctl_first(&service->properties, name), *missing = "";
	bool forbids = *value == '~';

	/* A systemd without seccomp(2) filters nothing. */
	for (size_t i = 0; *value && i < sizeof calls / sizeof *calls; i++)
		if (has(value + forbids, calls[i]) == forbids)
			missing = keep_format("%s%s%s", missing, *missing ? " " : "", calls[i]);
	if (*missing)
		service_warn(
		    service, name, value,
		    "forbids system calls that the library needs; add a drop-in with SystemCallFilter=%s",
		    missing);
}

/* Does a line of the file PATH, an EnvironmentFile=, set LD_PRELOAD? */
static bool sets_preload(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, equals[2];
	bool found = false;
	size_t room = 0;

	while (file && getline(&line, &room, file) >= 0)
		found |= sscanf(line, " LD_PRELOAD %1[=]", equals) == 1;
	free(line);
	if (file)
		(void)fclose(file);
	return found;
}

/* VALUE is a pattern of glob(7) and " (ignore_errors=yes)". */
static void environment_file(const struct service *service, const char *value)
{
	const char *end = strstr(value, " (ignore_errors=");
	const char *pattern = keep_copy(value, end ? (size_t)(end - value) : strlen(value));
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (sets_preload(found.gl_pathv[i]))
			service_warn(
			    service, "EnvironmentFile", pattern,
			    "LD_PRELOAD in %s overrides that of Environment=; name the library there",
			    found.gl_pathv[i]);
	globfree(&found);
}

/* Most services are named like their program, which a script may start. */
static void known(struct service *service)
{
	struct findings f = {.count = 0};

	command_known(&f, keep_copy(service->name, strcspn(service->name, "@.")));
	for (size_t i = 0; i < f.count; i++)
		tool_warn("%s: %s. %s", service->name, f.list[i].found, f.list[i].advice);
	service->known = f.count;
}

/* VALUE is "{ path=FILE ; argv[]=... }". Files in another root are not checked. */
static void program(const struct service *service, const char *value)
{
	const char *path = strstr(value, "path="), *end = path ? strstr(path, " ; ") : NULL, *slash;
	const char *root = systemctl_first(&service->properties, "RootDirectory");
	struct findings f = {.count = 0};

	if (!end || (*root && strcmp(root, "/") != 0) || *systemctl_first(&service->properties, "RootImage"))
		return;
	path = keep_copy(path + strlen("path="), (size_t)(end - path) - strlen("path="));
	slash = strrchr(path, '/');
	command_findings(&f, path);
	for (size_t i = 0; i < f.count; i++)
		if (f.list[i].state == FINDING_FAIL ||
		    (strcmp(f.list[i].id, "known") == 0 && !service->known))
			service_warn(service, "ExecStart", path, "%s: %s", f.list[i].found, f.list[i].advice);
	if (strcmp(slash ? slash + 1 : path, "true") == 0)
		service_warn(service, "ExecStart", path,
			     "runs no daemon; enable the unit that does, such as an instance of a template");
}

/* Is LISTEN "a.b.c.d:port (TYPE)"? */
static bool is_ipv4(const char *listen)
{
	size_t size = strspn(listen, "0123456789.");

	return listen[size] == ':' && memchr(listen, '.', size);
}

/* Is there an IPv6 listener with the port and type of LISTEN? */
static bool has_twin(const struct texts *listeners, const char *listen)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const char *one = systemctl_value(listeners->at[i], "Listen"),
			   *port = one ? strrchr(one, ':') : NULL;

		if (port && !is_ipv4(one) && strcmp(port, strrchr(listen, ':')) == 0)
			return true;
	}
	return false;
}

/* SOCKET is a socket unit that starts the service. */
static void socket_unit(const struct service *service, const char *socket, bool user)
{
	struct texts listeners;

	if (systemctl_show(socket, "Listen", user, &listeners) != 0)
		return;
	for (size_t i = 0; i < listeners.count; i++) {
		const char *listen = systemctl_value(listeners.at[i], "Listen");
		const char *type = listen ? strstr(listen, " (") : NULL;

		if (type && is_ipv4(listen) && !has_twin(&listeners, listen))
			service_warn(service,
				     keep_format("Listen%.*s", (int)strcspn(type + 2, ")"), type + 2),
				     keep_copy(listen, (size_t)(type - listen)),
				     "systemd binds it for %s, and the library can't widen it; set it to the "
				     "port alone, and set DUALSTACK_PEER=synthetic in the service if its "
				     "program knows IPv4 only",
				     socket);
	}
}

static void sockets(const struct service *service, bool user)
{
	const char *rest = systemctl_first(&service->properties, "TriggeredBy"), *word;
	size_t size;

	while ((word = service_word(&rest, &size))) {
		const char *unit = keep_copy(word, size), *dot = strrchr(unit, '.');

		if (dot && strcmp(dot, ".socket") == 0)
			socket_unit(service, unit, user);
	}
}

static const char PROPERTIES[] = "LoadState,UnsetEnvironment,IPAddressDeny,IPAddressAllow,PrivateNetwork,"
				 "SystemCallFilter,EnvironmentFiles,ExecStart,RootDirectory,RootImage,"
				 "TriggeredBy,ProtectHome,PrivateTmp,User";

/* Asks the manager. Returns the reason if that is not possible, else NULL. */
static const char *ask(struct service *service, const char *root, bool user)
{
	if (*root)
		return "what is in --root does not run";
	if (strstr(service->name, "@."))
		return "it is a template";
	if (systemctl_show(service->name, PROPERTIES, user, &service->properties) != 0)
		return "no service manager answers";
	if (strcmp(systemctl_first(&service->properties, "LoadState"), "loaded") != 0)
		return "the service manager has not loaded it";
	return NULL;
}

/* A library that is not installed may lie where services do not see it. */
static void hidden_library(const struct service *service, const char *library)
{
	static const struct {
		const char *setting, *directory;
	} hidden[] = {{"ProtectHome", "/home/"}, {"ProtectHome", "/root/"}, {"PrivateTmp", "/tmp/"}};

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		const char *value = systemctl_first(&service->properties, hidden[i].setting);

		if (*value && strcmp(value, "no") != 0 && strcmp(value, "read-only") != 0 &&
		    strncmp(library, hidden[i].directory, strlen(hidden[i].directory)) == 0)
			service_warn(service, hidden[i].setting, value,
				     "the service does not see %s; install it elsewhere", library);
	}
}

/* Lines that the service's user can't write into the file go to syslog. */
static void log_file(const struct unit *unit, const struct service *service)
{
	const char *user = systemctl_first(&service->properties, "User");

	for (size_t i = 0; *user && strcmp(user, "root") != 0 && i < unit->settings.count; i++)
		if (strncmp(unit->settings.at[i], "DUALSTACK_LOG=", 14) == 0 &&
		    strchr(unit->settings.at[i], '/'))
			service_warn(service, "User", user,
				     "unless this user can write %s, what is logged goes to syslog",
				     strchr(unit->settings.at[i], '/'));
}

/* The settings of ours that a later drop-in undoes, by the files. */
static void later_dropins(const struct unit *unit, const struct service *service)
{
	static const char name[] = "RestrictAddressFamilies";
	const struct setting *lost = unit_preload_lost(unit);
	const char *ours = dropin_families(unit), *last;

	if (lost)
		service_warn(service, "Environment", lost->value,
			     "%s is read after " UNIT_DROPIN " and overrides its LD_PRELOAD", lost->file);
	if (!unit->families.count)
		return;
	last = unit->families.at[unit->families.count - 1].value;
	if (!unit_permits(unit, "AF_INET", ours))
		service_warn(service, name, last, "forbids AF_INET, so the service has no sockets to widen");
	else if (!unit_permits(unit, "AF_INET6", ours))
		service_warn(service, name, last,
			     "a drop-in read after " UNIT_DROPIN " forbids AF_INET6; permit it there");
}

void warnings_print(const struct unit *unit, const char *root, bool user, const char *library)
{
	struct service service = {.name = unit->files.name};
	const struct texts *all = &service.properties;
	const char *why = ask(&service, root, user);

	if (access(library, F_OK) != 0)
		service_warn(&service, "--root", root, "has no %s; install dualstack there", library);
	later_dropins(unit, &service);
	known(&service);
	if (why) {
		tool_warn("%s: not checked for settings that keep the library out: %s", service.name, why);
		return;
	}
	if (has(systemctl_first(all, "UnsetEnvironment"), "LD_PRELOAD"))
		service_warn(&service, "UnsetEnvironment", "LD_PRELOAD",
			     "takes the library away again; reset it with an empty UnsetEnvironment=");
	if (strcmp(systemctl_first(all, "PrivateNetwork"), "yes") == 0)
		service_warn(&service, "PrivateNetwork", "yes",
			     "the service has only a loopback interface, so nobody reaches it");
	log_file(unit, &service);
	address_deny(&service);
	call_filter(&service);
	/* The path in which systemd looks for programs without a slash. */
	(void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	for (size_t i = 0; i < all->count; i++) {
		if (systemctl_value(all->at[i], "EnvironmentFiles"))
			environment_file(&service, systemctl_value(all->at[i], "EnvironmentFiles"));
		if (systemctl_value(all->at[i], "ExecStart"))
			program(&service, systemctl_value(all->at[i], "ExecStart"));
	}
	hidden_library(&service, library);
	sockets(&service, user);
}
