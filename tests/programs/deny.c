/* deny CALL[,ARG=VALUE]...:ERROR ... -- COMMAND...: runs COMMAND with a seccomp filter by which these system
 * calls with these arguments fail, as in a sandbox, an old kernel or a shortage. ERROR is an errno's name or
 * number. E.g. deny socket,0=10:EAFNOSUPPORT -- COMMAND */
#define _GNU_SOURCE
#include "common.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_filter program[256];
static unsigned short size;

static void add(unsigned short code, unsigned k, unsigned char yes, unsigned char no)
{
	program[size++] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = k};
}

static unsigned number_of(const char *call)
{
	static const struct {
		const char *name;
		unsigned number;
	} calls[] = {
	    {"socket", SYS_socket},         {"bind", SYS_bind},   {"setsockopt", SYS_setsockopt},
	    {"getsockopt", SYS_getsockopt}, {"dup3", SYS_dup3},   {"epoll_ctl", SYS_epoll_ctl},
	    {"openat", SYS_openat},         {"fcntl", SYS_fcntl}, {"listen", SYS_listen},
	    {"getdents64", SYS_getdents64}, {"ppoll", SYS_ppoll}, {"epoll_pwait", SYS_epoll_pwait},
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i].name, call) == 0)
			return calls[i].number;
	return (unsigned)atoi(call);
}

static unsigned errno_of(const char *name)
{
	for (int i = 1; i < 134; i++)
		if (strcmp(error_name(i), name) == 0)
			return (unsigned)i;
	if (atoi(name) <= 0)
		die(name);
	return (unsigned)atoi(name);
}

/* One rule: conditions that must all hold, then the error. */
static void rule(char *text)
{
	char *error = strrchr(text, ':'), *part, *rest;
	unsigned short jumps[8], count = 0;

	if (!error)
		die(text);
	*error++ = '\0';
	part = strtok_r(text, ",", &rest);
	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	jumps[count++] = size;
	add(BPF_JMP | BPF_JEQ | BPF_K, number_of(part), 0, 0);
	while ((part = strtok_r(NULL, ",", &rest))) {
		unsigned arg = (unsigned)atoi(part);

		/* The low half of a 64-bit argument, on little-endian machines. */
		add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * arg, 0, 0);
		jumps[count++] = size;
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(strchr(part, '=') + 1), 0, 0);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errno_of(error), 0, 0);
	for (unsigned short i = 0; i < count; i++)
		program[jumps[i]].jf = (unsigned char)(size - jumps[i] - 1);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		rule(argv[i]);
	if (i + 1 >= argc)
		die("deny RULE... -- COMMAND...");
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);

	struct sock_fprog filter = {.len = size, .filter = program};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		die("seccomp");
	execvp(argv[i + 1], argv + i + 1);
	die(argv[i + 1]);
}
