#define _GNU_SOURCE
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"

#ifndef SYS_rt_sigtimedwait /* 32 bit, with 64-bit time */
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#endif

/* The kernel's number of signals; sigset_t is larger. */
enum { SIGNALS = 64 };

enum target { TARGET_STDERR, TARGET_SYSLOG, TARGET_FILE };

static struct {
	enum log_level level;
	enum target target;
	const char *file;
	dev_t stderr_dev; /* the file of descriptor 2 when the program started */
	ino_t stderr_ino;
} setup;

/* The lines of the last seconds. */
static struct {
	_Atomic unsigned began; /* seconds; 0: never */
	_Atomic unsigned lines, left_out;
} flood;

struct line {
	char text[512];
	size_t used;
};

/* Levels by name, and their severity in syslog(3): daemon.err, daemon.info, daemon.debug. */
static const struct {
	const char *name;
	const char *priority;
} levels[] = {
    [LOG_LEVEL_OFF] = {"off", ""},
    [LOG_LEVEL_ERROR] = {"error", "<27>"},
    [LOG_LEVEL_INFO] = {"info", "<30>"},
    [LOG_LEVEL_DEBUG] = {"debug", "<31>"},
};

/* The level that TEXT begins with, or -1; *TARGET is what follows the colon, or "". */
static int level_of(const char *text, const char **target)
{
	size_t size = strcspn(text, ":");

	*target = text[size] ? text + size + 1 : "";
	if (text[size] && !**target)
		return -1;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strlen(levels[i].name) == size && strncmp(levels[i].name, text, size) == 0)
			return (int)i;
	return -1;
}

static bool is_stderr(const char *target)
{
	return !*target || strcmp(target, "stderr") == 0;
}

bool log_understands(const char *text)
{
	const char *target;

	return level_of(text, &target) >= 0 &&
	       (is_stderr(target) || strcmp(target, "syslog") == 0 || *target == '/');
}

int log_setup(const char *text)
{
	const char *target;
	struct stat st;
	int level = level_of(text, &target);

	if (!log_understands(text))
		return -EINVAL;
	if (is_stderr(target)) {
		if (fstat(STDERR_FILENO, &st) != 0)
			return -EINVAL;
		setup.target = TARGET_STDERR;
		setup.stderr_dev = st.st_dev;
		setup.stderr_ino = st.st_ino;
	} else {
		setup.target = *target == '/' ? TARGET_FILE : TARGET_SYSLOG;
		setup.file = target;
	}
	setup.level = (enum log_level)level;
	return 0;
}

bool log_wants(enum log_level level)
{
	return level <= setup.level;
}

/* Names come from others: they must not begin a new line or control a terminal. */
static char harmless(char c)
{
	if (c == '\n')
		return ' ';
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void put(struct line *l, const char *text)
{
	/* One byte is kept for the newline. */
	while (*text && l->used < sizeof l->text - 1)
		l->text[l->used++] = harmless(*text++);
}

static void put_unsigned(struct line *l, unsigned number)
{
	char digits[12];
	size_t at = sizeof digits - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(l, digits + at);
}

static void put_format(struct line *l, const char *format, va_list args)
{
	for (; *format; format++) {
		char one[2] = {*format, '\0'};
		int number;

		if (*format != '%') {
			put(l, one);
			continue;
		}
		switch (*++format) {
		case 's':
			put(l, va_arg(args, const char *));
			break;
		case 'd':
			number = va_arg(args, int);
			put(l, number < 0 ? "-" : "");
			put_unsigned(l, number < 0 ? 0u - (unsigned)number : (unsigned)number);
			break;
		case 'u':
			put_unsigned(l, va_arg(args, unsigned));
			break;
		default:
			put(l, "%");
			break;
		}
	}
}

/* Writes the line and a newline, without a cancellation point, and without the signals that end the program
 * if nobody reads the pipe, or if the file is as large as RLIMIT_FSIZE permits. */
static void write_quietly(int fd, struct line *l)
{
	const int64_t at_once[2] = {0, 0};
	sigset_t ours, pending, before;
	int caused = 0;

	l->text[l->used++] = '\n';
	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGXFSZ);
	sigemptyset(&pending);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &ours, &before);
	if (sys_write(fd, l->text, l->used) < 0)
		caused = errno == EPIPE ? SIGPIPE : errno == EFBIG ? SIGXFSZ : 0;
	if (caused && !sigismember(&pending, caused)) {
		sigemptyset(&ours);
		sigaddset(&ours, caused);
		(void)syscall(SYS_rt_sigtimedwait, &ours, NULL, at_once, SIGNALS / 8);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Only while descriptor 2 is the same file: a daemon that closed it may have a client there. */
static void to_stderr(struct line *l)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0 && st.st_dev == setup.stderr_dev && st.st_ino == setup.stderr_ino)
		write_quietly(STDERR_FILENO, l);
}

/* syslog(3) is not async-signal-safe. It sends one datagram to /dev/log (RFC 3164, 4.1). */
static void to_syslog(enum log_level level, const struct line *l)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	struct line tagged = {.used = 0};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	put(&tagged, levels[level].priority);
	put(&tagged, l->text);
	(void)!syscall(SYS_sendto, fd, tagged.text, tagged.used, MSG_NOSIGNAL, (const struct sockaddr *)&to,
		       sizeof to);
	sys_close(fd);
}

/* If the file can't be opened, as after chroot() or by another user, the line goes to syslog. */
static void to_file(enum log_level level, struct line *l)
{
	int fd = sys_open(setup.file, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK, 0640);

	if (fd < 0) {
		to_syslog(level, l);
		return;
	}
	write_quietly(fd, l);
	sys_close(fd);
}

static void write_line(enum log_level level, const char *format, va_list args)
{
	struct line l = {.used = 0};

	put(&l, "dualstack[");
	put_unsigned(&l, (unsigned)getpid());
	put(&l, "]: ");
	put_format(&l, format, args);
	if (setup.target == TARGET_STDERR)
		to_stderr(&l);
	else if (setup.target == TARGET_FILE)
		to_file(level, &l);
	else
		to_syslog(level, &l);
}

__attribute__((format(printf, 2, 3))) static void write_format(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, format, args);
	va_end(args);
}

static void report_left_out(void)
{
	unsigned left = atomic_exchange(&flood.left_out, 0);

	if (left)
		write_format(LOG_LEVEL_ERROR, "%u lines were left out", left);
}

/* Whether one more line may be written now. If threads meet as LOG_SECONDS end, a line more or less may be
 * written. */
static bool have_room(void)
{
	unsigned now = (unsigned)(clock_ms() / 1000) + 1, began = atomic_load(&flood.began), lines;

	if (now - began >= LOG_SECONDS && atomic_compare_exchange_strong(&flood.began, &began, now)) {
		atomic_store(&flood.lines, 0);
		report_left_out();
	}
	lines = atomic_fetch_add(&flood.lines, 1);
	if (lines < LOG_BURST)
		return true;
	if (lines == LOG_BURST)
		write_format(LOG_LEVEL_ERROR, "more than %d lines in %d seconds: the rest are only counted",
			     LOG_BURST, LOG_SECONDS);
	atomic_fetch_add(&flood.left_out, 1);
	return false;
}

void log_line(enum log_level level, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (!log_wants(level))
		return;
	if (have_room()) {
		va_start(args, format);
		write_line(level, format, args);
		va_end(args);
	}
	errno = saved;
}

void log_end(void)
{
	int saved = errno;

	report_left_out();
	errno = saved;
}

size_t log_text(char *text, size_t size, const char *format, ...)
{
	struct line l = {.used = 0};
	va_list args;

	va_start(args, format);
	put_format(&l, format, args);
	va_end(args);
	if (l.used > size - 1)
		l.used = size - 1;
	memcpy(text, l.text, l.used);
	text[l.used] = '\0';
	return l.used;
}

const char *log_errno(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
	    {EACCES, "EACCES"},
	    {EADDRINUSE, "EADDRINUSE"},
	    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	    {EAFNOSUPPORT, "EAFNOSUPPORT"},
	    {EBADF, "EBADF"},
	    {EBUSY, "EBUSY"},
	    {ECONNABORTED, "ECONNABORTED"},
	    {ECONNREFUSED, "ECONNREFUSED"},
	    {ECONNRESET, "ECONNRESET"},
	    {EHOSTUNREACH, "EHOSTUNREACH"},
	    {EINVAL, "EINVAL"},
	    {EMFILE, "EMFILE"},
	    {ENETUNREACH, "ENETUNREACH"},
	    {ENFILE, "ENFILE"},
	    {EISDIR, "EISDIR"},
	    {ELOOP, "ELOOP"},
	    {ENAMETOOLONG, "ENAMETOOLONG"},
	    {ENOBUFS, "ENOBUFS"},
	    {ENOENT, "ENOENT"},
	    {ENOTDIR, "ENOTDIR"},
	    {ENOMEM, "ENOMEM"},
	    {ENOPROTOOPT, "ENOPROTOOPT"},
	    {ENOSPC, "ENOSPC"},
	    {EOPNOTSUPP, "EOPNOTSUPP"},
	    {EPERM, "EPERM"},
	    {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	    {ETIMEDOUT, "ETIMEDOUT"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].error == error)
			return names[i].name;
	return "error";
}
