/* Starts the library, before the first hook does anything. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "address/synthetic.h"
#include "base/log.h"
#include "client/connects.h"
#include "config/config.h"
#include "config/nat64_prefix.h"
#include "config/settings.h"
#include "process/library.h"
#include "resolver/nat64.h"
#include "server/listeners.h"
#include "server/socket_activation.h"
#include "socket/descriptors.h"
#include "socket/options.h"

static _Atomic int started;

/* Whether FD is a marked socket, left by the program before exec. */
static int look_for_mark(int fd, void *arg)
{
	bool *marked = arg;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode))
		return 0;
	(void)activation_take(fd, "was there at the start");
	*marked |= mark_test(fd) != MARK_NONE;
	return 0;
}

static void look_for_marks(void)
{
	int saved = errno;
	bool marked = false;

	mark_expect_foreign();
	/* Looks at all descriptors if a program under the library has executed this one. If that happened
	 * unseen (system(3), a raw system call), only low numbers are likely. */
	(void)(config.inherited ? descriptors_each : descriptors_each_low)(look_for_mark, &marked);
	if (!marked)
		mark_forget();
	errno = saved;
}

/* If a second thread gets here meanwhile (only another library's initialiser could have made it), it finds
 * the real functions loaded and the library inactive. */
__attribute__((constructor)) void hooks_start(void)
{
	int expected = 0;

	if (atomic_load_explicit(&started, memory_order_acquire) == 2)
		return;
	if (real_load() != 0 || !atomic_compare_exchange_strong(&started, &expected, 1))
		return;
	options_setup();
	config_load();
	if (config.active) {
		synthetic_set_pool(config.settings.pool, config.settings.pool_bits);
		if (config.settings.nat64_prefix.bits)
			nat64_set(&config.settings.nat64_prefix);
		library_find();
		look_for_marks();
		if (config.settings.peer == SETTINGS_PEER_SYNTHETIC)
			activation_mark_sockets();
		listeners_setup();
	}
	connects_setup(config.active);
	atomic_store_explicit(&started, 2, memory_order_release);
}

__attribute__((destructor)) static void unload(void)
{
	log_end();
}

bool hooks_dual(int fd)
{
	return config.active && mark_test(fd) != MARK_NONE;
}

int hooks_fail(int negative)
{
	errno = -negative;
	return -1;
}
