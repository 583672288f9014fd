/* A preload library after libdualstack.so: makes one of its calls fail (inject.def). Functions that the
 * library interposes reach this only through it; for the others, the return address tells who calls. */
#define _GNU_SOURCE
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a failure returns: -1 with errno; the same after the call was made; NULL with errno; the error itself;
 * and as the resolver's older functions do. */
enum returns { MINUS, DONE, NOTHING, NUMBER, HOST, HOST_R };

/* All are called with as many words as the longest takes; the others ignore the rest. */
typedef long word;
typedef word function(word, word, word, word, word, word, word, word);

static struct page *page;
static uintptr_t library, library_end;
static const char *const names[] = {
#define CALL(name, ...) #name,
#define IN6(name) #name,
#define PART(name, ...) #name,
#define SYSTEM(name, ...) "syscall",
#define SYSTEM_DONE(name, ...) "syscall",
#include "inject.def"
#undef CALL
#undef IN6
#undef PART
#undef SYSTEM
#undef SYSTEM_DONE
};
static function *next[ROWS];
static bool hooked[ROWS], loaded;

static int find_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (!strstr(info->dlpi_name, "libdualstack.so"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			library = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			library_end = library + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

static void map_page(void)
{
	const char *path = getenv("INJECT");
	int (*real_open)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	int fd = path ? real_open(path, O_RDWR | O_CLOEXEC) : -1;
	void *found =
	    fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		(void)((function *)dlsym(RTLD_NEXT, "close"))(fd, 0, 0, 0, 0, 0, 0, 0);
	if (found != MAP_FAILED)
		page = found;
}

/* Before the first call, which comes from the library's initialiser or the program's. */
static void load(void)
{
	for (int i = 0; i < ROWS; i++) {
		Dl_info info;
		void *first = dlsym(RTLD_DEFAULT, names[i]);

		hooked[i] = first && dladdr(first, &info) && strstr(info.dli_fname, "libdualstack.so");
		next[i] = (function *)dlsym(RTLD_NEXT, names[i]);
	}
	(void)dl_iterate_phdr(find_library, NULL);
	map_page();
	loaded = true;
}

__attribute__((constructor)) static void load_early(void)
{
	if (!loaded)
		load();
}

static bool from_library(enum row row, const void *caller)
{
	return hooked[row] || ((uintptr_t)caller >= library && (uintptr_t)caller < library_end);
}

/* A call in one of the library's threads is never the program's own. */
static bool is_main_thread(void)
{
	return next[ROW_sys_read](SYS_gettid, 0, 0, 0, 0, 0, 0, 0) == getpid();
}

static bool waits(enum row row)
{
	return row >= ROW_poll && row <= ROW_epoll_pwait;
}

/* Whether this call is the program's own: the same, another way of waiting or sending, or the connect() that
 * a non-blocking connect() has begun. */
static bool is_own(enum row row)
{
	return page->own == row || (waits(page->own) && waits(row)) ||
	       (page->own == ROW_sendmmsg && row == ROW_sendmsg) ||
	       (page->own == ROW_sendto && row == ROW_sendmsg) ||
	       (page->own == ROW_recvfrom && row == ROW_recvmsg) ||
	       (page->connecting != NO_ROW && page->connecting == row);
}

/* Counts a call. True: it is to fail. */
static bool is_due(enum row row, const void *caller)
{
	unsigned number;

	load_early();
	if (row == NO_ROW || !page || !from_library(row, caller))
		return false;
	number = __atomic_add_fetch(&page->counts[row], 1, __ATOMIC_RELAXED);
	if (page->row != row || number < page->from || (number > page->from && !page->all))
		return false;
	page->fired = true;
	page->fired_own |= is_own(row) && is_main_thread();
	return true;
}

static word fail(enum returns returns, const word *args)
{
	int error = page->error;

	switch (returns) {
	case NUMBER:
		/* netdb.h: EAI_SYSTEM is in errno. */
		errno = error == EAI_SYSTEM ? EIO : errno;
		return error;
	case HOST:
		h_errno = error;
		return 0;
	case HOST_R:
		*(struct hostent **)args[5] = NULL;
		*(int *)args[6] = error;
		return error == TRY_AGAIN ? EAGAIN : 0;
	default:
		errno = error;
		return returns == NOTHING ? 0 : -1;
	}
}

/* The row of a call that has one for each family. */
static enum row by_family(enum row plain, enum row in6, bool is_socket, const word *args)
{
	int family = is_socket ? (int)args[0] : args[1] ? ((const struct sockaddr *)args[1])->sa_family : 0;

	return family == AF_INET6 ? in6 : plain;
}

static bool is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	const int saved = errno;
	const bool result = next[ROW_getpeername](fd, (word)&peer, (word)&len, 0, 0, 0, 0, 0) == 0;

	errno = saved;
	return result;
}

static enum row row_of(enum row row, const word *args)
{
	switch (row) {
	case ROW_socket:
		return by_family(row, ROW_socket_in6, true, args);
	case ROW_bind:
		return by_family(row, ROW_bind_in6, false, args);
	case ROW_connect:
		/* On an established connection it can't fail any more. */
		return is_connected((int)args[0]) ? NO_ROW : by_family(row, ROW_connect_in6, false, args);
	case ROW_sys_fcntl:
		return args[2] == F_DUPFD_CLOEXEC ? row : ROW_fcntl_other;
	case ROW_sys_futex:
		/* Of a number in the process's own memory, it can't fail (futex(2)). */
		return args[2] == FUTEX_WAKE_PRIVATE ? NO_ROW : row;
	case ROW_epoll_ctl:
		/* The error is an answer then. */
		return args[1] == EPOLL_CTL_MOD ? NO_ROW : row;
	default:
		return row;
	}
}

static word call(enum row row, enum returns returns, const word *a, const void *caller)
{
	word result;

	load_early();
	if (!is_due(row_of(row, a), caller))
		return next[row](a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
	if (returns == DONE) {
		result = next[row](a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
		if (result != 0)
			return result;
	}
	return fail(returns, a);
}

#define CALL(name, returns, ...)                                                           \
	word inject_##name(word, word, word, word, word, word, word, word) __asm__(#name); \
	word inject_##name(word a, word b, word c, word d, word e, word f, word g, word h) \
	{                                                                                  \
		return call(ROW_##name, returns, (const word[]){a, b, c, d, e, f, g, h},   \
			    __builtin_return_address(0));                                  \
	}
#define IN6(name)
#define PART(name, ...)
#define SYSTEM(name, ...)
#define SYSTEM_DONE(name, ...)
#include "inject.def"
#undef CALL
#undef IN6
#undef PART
#undef SYSTEM
#undef SYSTEM_DONE

/* As the library calls it (base/sys.h). */
#ifdef SYS_fcntl64
#undef SYS_fcntl
#define SYS_fcntl SYS_fcntl64
#endif

static const struct {
	long number;
	enum row row;
	enum returns returns;
} system_calls[] = {
#define CALL(name, ...)
#define IN6(name)
#define PART(name, ...)
#define SYSTEM(name, ...) {SYS_##name, ROW_sys_##name, MINUS},
#define SYSTEM_DONE(name, ...) {SYS_##name, ROW_sys_##name, DONE},
#include "inject.def"
#undef CALL
#undef IN6
#undef PART
#undef SYSTEM
#undef SYSTEM_DONE
};

word inject_syscall(word, word, word, word, word, word, word, word) __asm__("syscall");
word inject_syscall(word number, word b, word c, word d, word e, word f, word g, word h)
{
	const word args[] = {number, b, c, d, e, f, g, h};
	const void *caller = __builtin_return_address(0);

	for (unsigned i = 0; i < sizeof system_calls / sizeof *system_calls; i++)
		if (system_calls[i].number == number)
			return call(system_calls[i].row, system_calls[i].returns, args, caller);
	load_early();
	/* gettid() can't fail. */
	if (page && number != SYS_gettid && from_library(ROW_sys_read, caller))
		page->unknown = (int)number;
	return next[ROW_sys_read](number, b, c, d, e, f, g, h);
}
