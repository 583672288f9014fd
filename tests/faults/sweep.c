/* sweep                        prints the names of the scenarios
 * sweep SCENARIO               prints what is seen in it
 * sweep SCENARIO NATIVE FORM   under the library and inject.so: makes each of the library's calls fail in
 * turn, and prints the cases in which something is seen that is neither what it is without the library (the
 * file NATIVE), nor what it is with it, nor the error of the program's own call. FORM: short, one error for
 * each call; all; or count, which only prints the calls. */
#define _GNU_SOURCE
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FAILURES_SHOWN = 40 };

struct page *page;
const char *self;

static const struct {
	const char *name;
	int errors[24]; /* up to the first 0 */
} rows[] = {
#define CALL(name, returns, ...) {#name, {__VA_ARGS__}},
#define IN6(name) {#name " in IPv6", {0}}, /* those of the row before */
#define PART(name, part, ...) {#name " " #part, {__VA_ARGS__}},
#define SYSTEM(name, ...) {"syscall " #name, {__VA_ARGS__}},
#define SYSTEM_DONE(name, ...) SYSTEM(name, __VA_ARGS__)
#include "inject.def"
};

static const int *errors_of(int row)
{
	return rows[row].errors[0] ? rows[row].errors : rows[row - 1].errors;
}

static bool is_resolver(int row)
{
	return row == ROW_getaddrinfo || row == ROW_getnameinfo || row == ROW_gethostbyname2 ||
	       row == ROW_gethostbyname2_r || row == ROW_gethostbyaddr;
}

static const char *error_text(int row, int error)
{
	static char text[16];

	if (!is_resolver(row))
		return strerrorname_np(error);
	(void)snprintf(text, sizeof text, "%d", error);
	return text;
}

/* ---- the verdict */

/* Whether TEXT has LINE, which ends at its newline. */
static bool has_line(const char *text, const char *line)
{
	const size_t size = strcspn(line, "\n");

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") == size && memcmp(text, line, size) == 0)
			return true;
	return false;
}

/* A "*" at the end stands for anything. */
static bool is_like(const char *pattern, const char *line, size_t size)
{
	size_t fixed = strcspn(pattern, "*");

	return (pattern[fixed] ? size >= fixed : size == fixed) && memcmp(pattern, line, fixed) == 0;
}

static bool is_allowed(const struct scenario *s, const char *line, const char *native, const char *wide)
{
	char end[32];
	size_t size = strcspn(line, "\n");

	if (has_line(native, line) || has_line(wide, line))
		return true;
	for (int i = 0; i < 8 && s->also[i]; i++)
		if (is_like(s->also[i], line, size))
			return true;
	if (!page->fired_own)
		return false;
	(void)snprintf(end, sizeof end, ": %s", error_text(page->row, page->error));
	return size > strlen(end) && memcmp(line + size - strlen(end), end, strlen(end)) == 0;
}

static int failures;

/* Reports a case. */
static void show(const struct scenario *s, int row, int error, unsigned from, bool all, const char *what,
		 size_t size)
{
	if (++failures <= FAILURES_SHOWN)
		(void)printf("%s: %s %s at %u%s: %.*s\n", s->name, rows[row].name, error_text(row, error),
			     from, all ? " and after" : "", (int)size, what);
}

static void judge(const struct scenario *s, const struct page *armed, int status, const char *native,
		  const char *wide)
{
	char end[64];

	if (status) {
		(void)snprintf(end, sizeof end,
			       WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hangs" : "status %d",
			       status);
		show(s, armed->row, armed->error, armed->from, armed->all, end, strlen(end));
		return;
	}
	page->row = armed->row;
	for (const char *line = page->text; *line; line += strcspn(line, "\n") + 1)
		if (!is_allowed(s, line, native, wide)) {
			show(s, armed->row, armed->error, armed->from, armed->all, line, strcspn(line, "\n"));
			return;
		}
}

/* ---- the sweep */

static double slowest, spent;
static char slowest_name[128];
static int cases;

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void try(const struct scenario *s, struct page *armed, const char *native, const char *wide)
{
	double began = now();
	int status;

	page->row = armed->row;
	page->error = armed->error;
	page->from = armed->from;
	page->all = armed->all;
	status = run_in_child(s);
	judge(s, armed, status, native, wide);
	page->row = NO_ROW;
	cases++;
	began = now() - began;
	if (began > slowest) {
		slowest = began;
		(void)snprintf(slowest_name, sizeof slowest_name, "%s %s at %u%s", rows[armed->row].name,
			       error_text(armed->row, armed->error), armed->from,
			       armed->all ? " and after" : "");
	}
	spent += began;
}

/* Calls that only a sandbox refuses, which then goes on doing so: else what the kernel has just said of a
 * socket would be forgotten. */
static bool lasts(int row)
{
	return row == ROW_getsockopt || row == ROW_pthread_sigmask;
}

/* Calls that can't go on failing: their descriptor is open, or their registration has just been removed. */
static bool passes(int row)
{
	return row == ROW_dup3 || row == ROW_epoll_ctl;
}

/* Calls that fail from the start or never. No sandbox begins between blocking signals and unblocking them,
 * nor between the start of a connect and its end, where a program has to ask for its error. */
static bool from_the_start(const struct scenario *s, int row)
{
	return row == ROW_pthread_sigmask ||
	       (s->connects && (row == ROW_getsockopt || row == ROW_getsockname || row == ROW_fcntl_other ||
				row == ROW_fstat || row == ROW_dup3));
}

/* Each occurrence fails alone, and together with all that follow. The short form tries one error at each, a
 * different one each time. */
static void sweep_row(const struct scenario *s, int row, unsigned count, bool all, const char *native,
		      const char *wide)
{
	struct page armed = {.row = (enum row)row};
	const int *errors = errors_of(row);
	unsigned many = 0;

	const bool at_once = from_the_start(s, row);

	while (errors[many])
		many++;
	for (armed.from = 1; armed.from <= count && !(at_once && armed.from > 1); armed.from++)
		for (unsigned e = 0; e < many; e++) {
			if (!all && e != armed.from % many)
				continue;
			armed.error = errors[e];
			armed.all = false;
			if (!lasts(row) && !at_once)
				try(s, &armed, native, wide);
			armed.all = true;
			if (!passes(row) || at_once)
				try(s, &armed, native, wide);
		}
}

static char *contents(const char *path)
{
	static char text[sizeof page->text];
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		exit(2);
	}
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static void count_only(const struct scenario *s)
{
	for (int row = 0; row < ROWS; row++)
		if (page->counts[row])
			(void)printf("%s %u %s\n", s->name, page->counts[row], rows[row].name);
}

static int sweep(const struct scenario *s, const char *native, const char *form)
{
	unsigned counts[ROWS];
	char wide[sizeof page->text];
	int status;

	page->row = NO_ROW;
	page->unknown = 0;
	status = run_in_child(s);
	if (status || !has_line(page->text, "descriptors: as before")) {
		(void)printf("%s, nothing failing: status %d\n%s", s->name, status, page->text);
		return 1;
	}
	if (strcmp(form, "count") == 0) {
		count_only(s);
		return 0;
	}
	memcpy(counts, page->counts, sizeof counts);
	memcpy(wide, page->text, sizeof wide);
	for (int row = 0; row < ROWS; row++)
		sweep_row(s, row, counts[row], strcmp(form, "all") == 0, native, wide);
	if (page->unknown)
		(void)printf("%s: system call %d is in no row of inject.def\n", s->name, page->unknown);
	(void)printf("%s: %d cases, %d failed; %.1f s, the slowest %.1f s: %s\n", s->name, cases, failures,
		     spent, slowest, slowest_name);
	return failures || page->unknown;
}

/* ---- */

static void map_page(const char *path)
{
	int fd = path && *path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd,
		    0);
	if (page == MAP_FAILED || (path && *path && fd < 0)) {
		perror("INJECT");
		exit(2);
	}
	if (fd >= 0)
		(void)close(fd);
}

static const struct scenario *const rooms[] = {server_scenarios, client_scenarios, resolver_scenarios,
					       process_scenarios, config_scenarios};
enum { ROOMS = sizeof rooms / sizeof *rooms };

static const struct scenario *find_scenario(const char *name)
{
	for (int i = 0; i < ROOMS; i++)
		for (const struct scenario *s = rooms[i]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static void print_scenarios(void)
{
	for (int i = 0; i < ROOMS; i++)
		for (const struct scenario *s = rooms[i]; s->name; s++)
			(void)puts(s->name);
}

/* A child (process.c, config.c) has the page's FILE in its arguments. */
static int be_child(char **args, const char *file)
{
	map_page(file);
	return scenario_child(args);
}

int main(int argc, char **argv)
{
	static char path[4096];
	const struct scenario *s;

	if (argc > 4 && strcmp(argv[1], "accept") == 0)
		return be_child(argv + 1, argv[4]);
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return be_child(argv + 1, argv[3]);
	map_page(getenv("INJECT"));
	path[readlink("/proc/self/exe", path, sizeof path - 1)] = '\0';
	self = path;
	if (argc < 2 || !(s = find_scenario(argv[1]))) {
		print_scenarios();
		return 2;
	}
	if (argc == 4)
		return sweep(s, contents(argv[2]), argv[3]);
	page->row = NO_ROW;
	if (run_in_child(s) != 0)
		return 1;
	(void)fputs(page->text, stdout);
	return 0;
}
