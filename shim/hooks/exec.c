/* Programs that inherit a widened socket (process/inheritance.h). POSIX lists the exec family as
 * async-signal-safe, and it may follow vfork(), so the completed environment is on the stack. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/config.h"
#include "process/inheritance.h"
#include "server/listeners.h"
#include "socket/inherited.h"

/* inheritance_needs(), and notes what is inherited. */
static bool needs(char *const envp[], bool spawned, bool cloexec_too, struct inheritance *need)
{
	int saved = errno;

	if (config.active && mark_expected())
		listeners_inherit(spawned, cloexec_too);
	errno = saved;
	return inheritance_needs(envp, inherited_marked, cloexec_too, need);
}

/* execve() and execvpe(), which differ only in the real function. */
static int run(__typeof__(real.execve) call, const char *file, char *const argv[], char *const envp[])
{
	struct inheritance need;

	if (!needs(envp, false, false, &need))
		return call(file, argv, envp);
	char *slots[need.slots], text[need.size];

	inheritance_environment(envp, slots, text);
	return call(file, argv, slots);
}

int hook_execve(const char *path, char *const argv[], char *const envp[])
{
	hooks_start();
	return run(real.execve, path, argv, envp);
}

int hook_execvpe(const char *file, char *const argv[], char *const envp[])
{
	hooks_start();
	return run(real.execvpe, file, argv, envp);
}

int hook_fexecve(int fd, char *const argv[], char *const envp[])
{
	struct inheritance need;

	hooks_start();
	/* glibc refuses NULL here. */
	if (!envp || !needs(envp, false, false, &need))
		return real.fexecve(fd, argv, envp);
	char *slots[need.slots], text[need.size];

	inheritance_environment(envp, slots, text);
	return real.fexecve(fd, argv, slots);
}

static int call_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	if (real.execveat)
		return real.execveat(dir, path, argv, envp, flags);
	return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}

int hook_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	struct inheritance need;

	hooks_start();
	if (!needs(envp, false, false, &need))
		return call_execveat(dir, path, argv, envp, flags);
	char *slots[need.slots], text[need.size];

	inheritance_environment(envp, slots, text);
	return call_execveat(dir, path, argv, slots, flags);
}

/* posix_spawn() and posix_spawnp(), which differ only in the real function. */
static int spawn(__typeof__(real.posix_spawn) call, pid_t *pid, const char *file,
		 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr, char *const argv[],
		 char *const envp[])
{
	struct inheritance need;

	if (!needs(envp, true, actions != NULL, &need))
		return call(pid, file, actions, attr, argv, envp);
	char *slots[need.slots], text[need.size];

	inheritance_environment(envp, slots, text);
	return call(pid, file, actions, attr, argv, slots);
}

int hook_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	hooks_start();
	return spawn(real.posix_spawn, pid, path, actions, attr, argv, envp);
}

int hook_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	hooks_start();
	return spawn(real.posix_spawnp, pid, file, actions, attr, argv, envp);
}

int hook_execv(const char *path, char *const argv[])
{
	return hook_execve(path, argv, environ);
}

int hook_execvp(const char *file, char *const argv[])
{
	return hook_execvpe(file, argv, environ);
}

/* execl(), execlp() and execle(): turns the list from FIRST on into an array; the environment may follow. */
static int run_list(__typeof__(real.execve) call, const char *file, const char *first, va_list args,
		    bool environment_follows)
{
	char *const *envp = environ;
	va_list again;
	size_t n = 0;

	va_copy(again, args);
	while (first && va_arg(again, char *))
		n++;
	va_end(again);
	char *argv[n + 2];

	argv[0] = (char *)first;
	for (size_t i = 0; argv[i]; i++)
		argv[i + 1] = va_arg(args, char *);
	if (environment_follows)
		envp = va_arg(args, char *const *);
	return run(call, file, argv, envp);
}

int hook_execl(const char *path, const char *arg, ...)
{
	va_list args;
	int result;

	hooks_start();
	va_start(args, arg);
	result = run_list(real.execve, path, arg, args, false);
	va_end(args);
	return result;
}

int hook_execlp(const char *file, const char *arg, ...)
{
	va_list args;
	int result;

	hooks_start();
	va_start(args, arg);
	result = run_list(real.execvpe, file, arg, args, false);
	va_end(args);
	return result;
}

int hook_execle(const char *path, const char *arg, ...)
{
	va_list args;
	int result;

	hooks_start();
	va_start(args, arg);
	result = run_list(real.execve, path, arg, args, true);
	va_end(args);
	return result;
}
