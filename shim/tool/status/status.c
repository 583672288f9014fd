/* --status: the sockets of a running service, and which of them the library has widened. */
#define _GNU_SOURCE
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "socket/mark.h"
#include "tool/arguments.h"
#include "tool/json.h"
#include "tool/keep.h"
#include "tool/status/status.h"
#include "tool/unit_name.h"

enum {
	PID_MOST = 4194304, /* proc_sys_kernel(5), pid_max */
	NAMED = 6,          /* processes that a line names */
};

/* The facts about a process. */
struct state {
	int library; /* processes_has_library() */
	int looked;  /* sockets_of() */
	bool lacks;  /* the library is not loaded, although LD_PRELOAD names it, or the process has a socket
		      * that is widened, or that would be in a unit with the library */
};

struct status {
	const char *what; /* as on the command line */
	struct processes processes;
	struct state *states;
	struct sockets sockets;
	size_t widened, loaded, lacking, denied, gone;
};

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* Prints one line, and returns the exit status. */
static int say(const char *what, const char *why)
{
	tool_warn("--status: %s: %s", what, why);
	return 1;
}

static int find_tree(struct status *s)
{
	long pid = strlen(s->what) > 9 ? 0 : strtol(s->what, NULL, 10);

	if (pid < 1 || pid > PID_MOST)
		tool_fail("--status: PID '%s' is not from 1 to %d", s->what, PID_MOST);
	return processes_tree((pid_t)pid, &s->processes) == 0 ? 0 : say(s->what, "there is no such process");
}

static int find_unit(struct status *s)
{
	const char *unit = unit_name(s->what);
	int error;

	if (!unit)
		tool_fail("--status: '%s' is neither a PID nor the name of a unit", s->what);
	error = processes_unit(unit, &s->processes);
	return !error ? 0
		      : say(s->what, error == -ENOENT  ? "systemd knows no such unit"
				     : error == -ESRCH ? "the unit has no processes"
				     : error == -ENOSYS
					 ? "there is no systemctl to ask about units; give a PID"
					 : "systemctl can't say anything about units here; give a PID");
}

/* Looks at each process. Returns 0; or the exit status, after printing the reason. */
static int look(struct status *s)
{
	pid_t *pids = keep(s->processes.count * sizeof *pids);

	s->states = keep(s->processes.count * sizeof *s->states);
	for (size_t i = 0; i < s->processes.count; i++) {
		struct state *state = &s->states[i];
		pid_t pid = pids[i] = s->processes.list[i].pid;

		state->looked = sockets_of(pid, i, &s->sockets);
		state->library = processes_has_library(pid);
		state->lacks = state->library == 0 && state->looked == 0 &&
			       (s->sockets.has_widened || (s->processes.wanted && s->sockets.has_ipv4_any) ||
				processes_asked_for_library(pid));
		s->lacking += state->lacks;
		if (state->looked == -ENOSYS)
			return say(s->what, "the kernel has no pidfd_getfd(2), which is of Linux 5.6");
		s->denied += state->looked == -EPERM;
		s->gone += state->looked == -ESRCH;
		s->loaded += state->library == 1;
	}
	sockets_count(pids, &s->sockets);
	for (size_t i = 0; i < s->sockets.count; i++)
		s->widened += s->sockets.list[i].widened;
	return 0;
}

static const char *process_text(const struct status *s, size_t process)
{
	const struct process *p = &s->processes.list[process];

	return keep_format("%s[%d]", p->name, (int)p->pid);
}

static const char *holders_text(const struct status *s, const struct sockets_one *one)
{
	const char *first = process_text(s, one->process);

	return one->others ? keep_format("%s, +%u", first, one->others) : first;
}

static const char *protocol_text(const struct sockets_one *one)
{
	return one->protocol == IPPROTO_UDP ? "udp" : one->protocol == IPPROTO_TCP ? "tcp" : "mptcp";
}

/* "own": the program itself has made the socket for both families. */
static const char *state_text(const struct sockets_one *one)
{
	if (one->served.in4 && one->served.in6)
		return one->widened ? "dual-stack" : "dual-stack (own)";
	return one->served.in4 ? "IPv4 only" : "IPv6 only";
}

static const char *number_text(const struct sockets_one *one, unsigned number)
{
	return one->protocol == IPPROTO_UDP ? "-" : keep_format("%u", number);
}

static int width(int so_far, const char *text)
{
	return (int)strlen(text) > so_far ? (int)strlen(text) : so_far;
}

static void print_table(const struct status *s)
{
	int holders = (int)strlen("PROCESS"), bounds = (int)strlen("BOUND");
	char bound[SOCKADDR_TEXT];

	if (!s->sockets.count) {
		printf("No sockets that others could connect or send to.\n");
		return;
	}
	for (size_t i = 0; i < s->sockets.count; i++) {
		const struct sockets_one *one = &s->sockets.list[i];

		holders = width(holders, holders_text(s, one));
		bounds = width(bounds, sockaddr_text(&one->bound.any, bound));
	}
	printf("%-*s  PROTOCOL  %-*s  %-16s  %5s  %5s\n", holders, "PROCESS", bounds, "BOUND", "STATE",
	       "IPV4", "IPV6");
	for (size_t i = 0; i < s->sockets.count; i++) {
		const struct sockets_one *one = &s->sockets.list[i];

		printf("%-*s  %-8s  %-*s  %-16s  %5s  %5s\n", holders, holders_text(s, one),
		       protocol_text(one), bounds, sockaddr_text(&one->bound.any, bound), state_text(one),
		       number_text(one, one->served.ipv4), number_text(one, one->served.ipv6));
	}
}

/* Prints the processes that are known not to have the library: those that LACK it, or the others. */
static void print_unloaded(const struct status *s, bool lack)
{
	const char *begin =
	    lack ? "Not loaded where it is needed (dualstack(7), SYMPTOMS): " : "Without the library: ";
	size_t count = 0;

	for (size_t i = 0; i < s->processes.count; i++) {
		const struct state *state = &s->states[i];

		if (state->library != 0 || state->looked != 0 || state->lacks != lack)
			continue;
		if (count < NAMED)
			printf("%s%s", count ? ", " : begin, process_text(s, i));
		count++;
	}
	if (count > NAMED)
		printf(" and %zu more", count - NAMED);
	if (count)
		printf("\n");
}

static void print_json_socket(const struct status *s, const struct sockets_one *one)
{
	bool both = one->served.in4 && one->served.in6;
	char text[SOCKADDR_TEXT];

	json_open(NULL, '{');
	json_number("pid", "%d", s->processes.list[one->process].pid);
	json_text("name", s->processes.list[one->process].name);
	json_number("shared_with", "%u", one->others);
	json_text("protocol", protocol_text(one));
	json_text("bound", sockaddr_text(&one->bound.any, text));
	json_number("port", "%d", one->served.port);
	json_text("state", both ? "dual_stack" : one->served.in4 ? "ipv4_only" : "ipv6_only");
	json_bool("widened", one->widened);
	if (one->protocol == IPPROTO_UDP) {
		json_text("connections", NULL);
	} else {
		json_open("connections", '{');
		json_number("ipv4", "%u", one->served.ipv4);
		json_number("ipv6", "%u", one->served.ipv6);
		json_close();
	}
	json_close();
}

static void print_json(const struct status *s)
{
	json_open(NULL, '{');
	json_open("processes", '[');
	for (size_t i = 0; i < s->processes.count; i++) {
		const struct state *state = &s->states[i];

		if (state->looked == -ESRCH)
			continue;
		json_open(NULL, '{');
		json_number("pid", "%d", s->processes.list[i].pid);
		json_text("name", s->processes.list[i].name);
		json_bool("permitted", state->looked == 0);
		if (state->library < 0)
			json_text("library", NULL);
		else
			json_bool("library", state->library == 1);
		json_bool("not_loaded", state->lacks);
		json_close();
	}
	json_close();
	json_open("sockets", '[');
	for (size_t i = 0; i < s->sockets.count; i++)
		print_json_socket(s, &s->sockets.list[i]);
	json_close();
	json_number("widened", "%zu", s->widened);
	json_close();
}

static int say_denied(const struct status *s)
{
	size_t first = 0;

	while (s->states[first].looked != -EPERM)
		first++;
	return say(s->what, keep_format("no permission to look at %zu of %zu processes, as %s; ask as root",
					s->denied, s->processes.count, process_text(s, first)));
}

int tool_status(int argc, char **argv)
{
	struct status s = {.what = NULL};
	bool json = false;
	const struct argument_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int result;

	if (arguments_take(argc, argv, options, "--json", &s.what, 1) == 0)
		tool_fail("--status: no PID or UNIT given");
	(void)real_load();
	mark_expect_foreign();
	result = is_number(s.what) ? find_tree(&s) : find_unit(&s);
	if (result == 0)
		result = look(&s);
	if (result)
		return result;
	if (s.gone == s.processes.count)
		return say(s.what, "its processes have ended meanwhile");
	if (s.denied + s.gone < s.processes.count) {
		if (json)
			print_json(&s);
		else
			print_table(&s);
		if (!json)
			print_unloaded(&s, true);
		if (!json && s.loaded)
			print_unloaded(&s, false);
	}
	(void)fflush(stdout);
	if (s.denied)
		(void)say_denied(&s);
	else if (!s.loaded)
		return say(s.what, "the library is loaded in none of its processes");
	return s.loaded && s.widened ? 0 : 1;
}
