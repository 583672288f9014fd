/* Calls that open modules. RTLD_DEEPBIND (dlopen(3)) puts a module's own libraries, with the C library,
 * before this one. The module would then see IPv6 addresses on sockets where the program sees IPv4 addresses
 * (PHP opens its extensions so). So the flag is removed, unless a rule keeps it. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <stdatomic.h>

#include "base/log.h"
#include "config/config.h"

/* musl has none. */
#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 0
#endif

RARE static void note(const char *file)
{
	static _Atomic bool noted;

	if (!atomic_exchange(&noted, true))
		log_line(LOG_LEVEL_INFO, "%s is the first module opened with RTLD_DEEPBIND, %s",
			 file ? file : "the program",
			 config.keep_deepbind ? "which is kept: such modules do not see the library"
					      : "which is taken off");
}

/* An initialiser of another preloaded library may call it, and must not be disturbed by the start of this
 * one: torsocks(1) interposes syscall(2), and waits for its own end there.
 *
 * Makes a tail call: the C library finds the calling module, whose DT_RUNPATH counts (ld.so(8)), by the
 * return address. */
#if !defined(__clang__) && defined(__GNUC__)
__attribute__((optimize("optimize-sibling-calls")))
#endif
void *
hook_dlopen(const char *file, int flags)
{
	if (flags & RTLD_DEEPBIND) {
		hooks_start();
		if (config.active)
			note(file);
		if (config.active && !config.keep_deepbind)
			flags &= ~RTLD_DEEPBIND;
	} else if (!real.dlopen) {
		(void)real_load();
	}
#ifdef __clang__
	__attribute__((musttail))
#endif
	return real.dlopen(file, flags);
}
