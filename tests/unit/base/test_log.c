/* The log: form, levels, and that it writes only where asked to. */
#define _GNU_SOURCE
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

static char file[64];

/* Takes the file's text, without "dualstack[PID]: ", and empties it. */
static const char *written(void)
{
	static char text[4096];
	char prefix[32];
	int fd = open(file, O_RDWR);
	ssize_t n = read(fd, text, sizeof text - 1);

	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (!*text)
		return text;
	snprintf(prefix, sizeof prefix, "dualstack[%d]: ", (int)getpid());
	assert_memory_equal(text, prefix, strlen(prefix));
	return text + strlen(prefix);
}

static void setup_file(const char *level)
{
	static char text[100];

	snprintf(text, sizeof text, "%s:%s", level, file);
	assert_int_equal(log_setup(text), 0);
}

static void form(void **state)
{
	(void)state;
	setup_file("info");
	errno = EBADF;
	log_line(LOG_LEVEL_INFO, "%s %d %u %d%% %s", "text", -2147483647 - 1, 4294967295u, 0, "end");
	assert_int_equal(errno, EBADF);
	assert_string_equal(written(), "text -2147483648 4294967295 0% end\n");
	log_line(LOG_LEVEL_INFO, "one%sline", "\n");
	assert_string_equal(written(), "one line\n");
	log_line(LOG_LEVEL_INFO, "to %s", "a\r\x1b[2J\x7f\tb\xc3\xa9.example");
	assert_string_equal(written(), "to a??[2J??b\xc3\xa9.example\n");
	log_line(LOG_LEVEL_INFO, "%s", log_errno(EADDRINUSE));
	assert_string_equal(written(), "EADDRINUSE\n");
}

static void levels(void **state)
{
	static const char *const names[] = {"off", "error", "info", "debug"};

	(void)state;
	for (int set = 0; set < 4; set++) {
		setup_file(names[set]);
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			assert_int_equal(log_wants((enum log_level)level), level <= set);
			log_line((enum log_level)level, "%s", "x");
			assert_string_equal(written(), level <= set ? "x\n" : "");
		}
	}
}

static void refused(void **state)
{
	static const char *const bad[] = {"", "infos", "inf", "info:relative", ":stderr", "INFO", "2"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(log_setup(bad[i]), -EINVAL);
}

static void too_long(void **state)
{
	static char text[2000];
	const char *line;

	(void)state;
	setup_file("info");
	memset(text, 'x', sizeof text - 1);
	log_line(LOG_LEVEL_INFO, "%s", text);
	line = written();
	assert_in_range(strlen(line), 400, 511);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

/* A daemon that closed its standard error has something else there. */
static void stderr_replaced(void **state)
{
	int before = dup(2), other;

	(void)state;
	assert_int_equal(close(2), 0);
	assert_int_equal(open(file, O_RDWR), 2);
	assert_int_equal(log_setup("info:stderr"), 0);
	log_line(LOG_LEVEL_INFO, "%s", "seen");
	assert_string_equal(written(), "seen\n");
	close(2);
	char name[] = "/tmp/dualstack-log-XXXXXX";

	other = mkstemp(name);
	assert_int_equal(other, 2);
	log_line(LOG_LEVEL_INFO, "%s", "stray");
	assert_int_equal(lseek(2, 0, SEEK_END), 0);
	unlink(name);
	dup2(before, 2);
	close(before);
}

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

/* A file that is as large as it may be, and a pipe that nobody reads, leave no signal. */
static void no_signals(void **state)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct rlimit before;
	int old = dup(2), ends[2];

	(void)state;
	signal(SIGXFSZ, count);
	signal(SIGPIPE, count);
	getrlimit(RLIMIT_FSIZE, &before);
	setup_file("info");
	setrlimit(RLIMIT_FSIZE, &none);
	log_line(LOG_LEVEL_INFO, "%s", "x");
	setrlimit(RLIMIT_FSIZE, &before);
	assert_string_equal(written(), "");
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], 2);
	close(ends[1]);
	log_setup("info:stderr");
	log_line(LOG_LEVEL_INFO, "%s", "x");
	dup2(old, 2);
	close(old);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(signals, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(form),     cmocka_unit_test(levels),          cmocka_unit_test(refused),
	    cmocka_unit_test(too_long), cmocka_unit_test(stderr_replaced), cmocka_unit_test(no_signals),
	};
	int fd, result;

	strcpy(file, "/tmp/dualstack-log-XXXXXX");
	fd = mkstemp(file);
	close(fd);
	result = cmocka_run_group_tests_name("log", tests, NULL, NULL);
	unlink(file);
	return result;
}
