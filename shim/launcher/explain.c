/* --explain: runs the command in a child, where the library logs to a file, and sums that up. */
#define _GNU_SOURCE
#include "launcher/launcher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/tool.h"

enum { MOST = 10 }; /* lines under one heading */

/* The beginnings of log lines, after the descriptor, a text INSIDE them, and the heading for the rest of the
 * line. */
static const struct {
	const char *begin, *inside, *heading;
} kinds[] = {
    {"widened to ", "", "dual-stack sockets"},
    {"", " widened to [::]", "dual-stack sockets"},
    {"stays IPv4 instead of ", "", "stays IPv4"},
    {"listens on ", "", "stays IPv4"},
    {"is bound to ", "", "stays IPv4"},
    {"port ", "", "stays IPv4"},
    {"", " stays IPv4", "stays IPv4"},
    {"accepted from ", "", "IPv6 peers"},
    {"first datagram from ", "", "IPv6 peers"},
    {"", " is given to the program as ", "names"},
    {"to ", "", "connects"},
    {"a rule leaves out ", "", "left out by a rule"},
    {"", "", "also"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The logged texts, each one once. */
static struct {
	struct texts lines[KINDS];
	size_t left_out[KINDS];
} summary;

static volatile sig_atomic_t child, asked;

/* The command also gets the terminal's signals itself. */
static void hand_on(int number, siginfo_t *info, void *context)
{
	(void)context;
	asked = 1;
	if (child && info->si_code != SI_KERNEL)
		(void)kill(child, number);
}

static void hand_signals_on(void)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};
	const struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO};
	struct sigaction before;

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
}

/* LINE without "dualstack[PID]: descriptor N". */
static const char *said(const char *line)
{
	static const char descriptor[] = "descriptor ";
	const char *text = strstr(line, "]: ");

	text = text ? text + 3 : line;
	if (strncmp(text, descriptor, strlen(descriptor)) == 0) {
		text += strlen(descriptor);
		text += strspn(text, "0123456789");
		text += strspn(text, ":, ");
	}
	return text;
}

static void take_line(const char *text)
{
	struct texts *lines;
	size_t kind = 0;

	while (strncmp(text, kinds[kind].begin, strlen(kinds[kind].begin)) != 0 ||
	       !strstr(text, kinds[kind].inside))
		kind++;
	text += strlen(kinds[kind].begin);
	while (kind && strcmp(kinds[kind].heading, kinds[kind - 1].heading) == 0)
		kind--;
	lines = &summary.lines[kind];
	for (size_t i = 0; i < lines->count; i++)
		if (strcmp(lines->at[i], text) == 0)
			return;
	if (lines->count < MOST)
		texts_add(lines, keep_copy(text, strlen(text)));
	else
		summary.left_out[kind]++;
}

static void read_log(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		take_line(said(line));
	}
	free(line);
	if (file)
		(void)fclose(file);
}

static void print(const char *name)
{
	bool any = false;

	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct texts *lines = &summary.lines[kind];

		for (size_t i = 0; i < lines->count; i++) {
			if (!any)
				tool_warn("%s: what the library did:", name);
			any = true;
			(void)fprintf(stderr, "  %-22s %s\n", i ? "" : kinds[kind].heading, lines->at[i]);
		}
		if (summary.left_out[kind])
			(void)fprintf(stderr, "  %-22s and %zu more\n", "", summary.left_out[kind]);
	}
	if (!any)
		tool_warn("%s: the library had nothing to do: no socket was bound to 0.0.0.0, and no name "
			  "that was looked up needed IPv6",
			  name);
}

/* Waits for the command and its remaining descendants, or until a signal comes. Returns the command's status.
 */
static int wait_for(void)
{
	int status = 0, one;
	pid_t ended;

	while (!asked || child) {
		ended = wait(&one);
		if (ended < 0 && errno != EINTR)
			break;
		if (ended == child && ended > 0) {
			status = one;
			child = 0;
		}
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void explain_begin(const char *name)
{
	/* All users may write the file, for programs that change their user, but they have to know its name.
	 */
	const char *tmp = getenv("TMPDIR");
	char *directory = keep_format("%s/dualstack.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp"), *path;
	int status;

	if (!mkdtemp(directory) || chmod(directory, 0711) != 0)
		tool_fail("--explain: %s: %s", directory, strerror(errno));
	path = keep_format("%s/log", directory);
	if (mknod(path, S_IFREG, 0) != 0 || chmod(path, 0622) != 0 ||
	    setenv("DUALSTACK_LOG", keep_format("info:%s", path), 1) != 0)
		tool_fail("--explain: %s: %s", path, strerror(errno));
	/* Daemons become this process's children. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	hand_signals_on();
	child = fork();
	if (child < 0)
		tool_fail("--explain: %s", strerror(errno));
	if (child == 0)
		return;
	status = wait_for();
	read_log(path);
	(void)unlink(path);
	(void)rmdir(directory);
	print(name);
	exit(status);
}
