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
#include "socket/descriptors.h"

/* inheritance_needs(), and notes what is inherited. */
static bool needs(char *const envp[], bool spawned, bool cloexec_too, struct inheritance *need)
{
	int saved = errno;

	if (config.active && mark_expected())
		listeners_inherit(spawned, cloexec_too);
	errno = saved;
	return inheritance_needs(envp, descriptors_inherit_mark, cloexec_too, need);
}

/* ENVP, or its completion, on the caller's stack. */
#define COMPLETED(envp, spawned, cloexec_too)                                        \
	({                                                                           \
		struct inheritance need;                                             \
		char *const *completed = (envp);                                     \
		if (needs(completed, spawned, cloexec_too, &need)) {                 \
			char **slots = __builtin_alloca(need.slots * sizeof *slots); \
			char *text = __builtin_alloca(need.size);                    \
			inheritance_environment(completed, slots, text);             \
			completed = slots;                                           \
		}                                                                    \
		completed;                                                           \
	})

int hook_execve(const char *path, char *const argv[], char *const envp[])
{
	hooks_start();
	envp = COMPLETED(envp, false, false);
	return real.execve(path, argv, envp);
}

int hook_execvpe(const char *file, char *const argv[], char *const envp[])
{
	hooks_start();
	envp = COMPLETED(envp, false, false);
	return real.execvpe(file, argv, envp);
}

int hook_fexecve(int fd, char *const argv[], char *const envp[])
{
	hooks_start();
	/* glibc refuses NULL here. */
	if (envp)
		envp = COMPLETED(envp, false, false);
	return real.fexecve(fd, argv, envp);
}

int hook_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	hooks_start();
	envp = COMPLETED(envp, false, false);
	return real.execveat ? real.execveat(dir, path, argv, envp, flags)
			     : (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}

int hook_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	hooks_start();
	envp = COMPLETED(envp, true, actions != NULL);
	return real.posix_spawn(pid, path, actions, attr, argv, envp);
}

int hook_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	hooks_start();
	envp = COMPLETED(envp, true, actions != NULL);
	return real.posix_spawnp(pid, file, actions, attr, argv, envp);
}

int hook_execv(const char *path, char *const argv[])
{
	return hook_execve(path, argv, environ);
}

int hook_execvp(const char *file, char *const argv[])
{
	return hook_execvpe(file, argv, environ);
}

/* execl() and its kin: turns the list from FIRST on into an array; the environment may follow. */
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
	return call(file, argv, envp);
}

#define LIST_HOOK(name, call, environment_follows)                             \
	int hook_##name(const char *file, const char *arg, ...)                \
	{                                                                      \
		va_list args;                                                  \
		int result;                                                    \
		va_start(args, arg);                                           \
		result = run_list(call, file, arg, args, environment_follows); \
		va_end(args);                                                  \
		return result;                                                 \
	}

LIST_HOOK(execl, hook_execve, false)
LIST_HOOK(execlp, hook_execvpe, false)
LIST_HOOK(execle, hook_execve, true)
