#define _GNU_SOURCE
#include "address/usual_source.h"

#include <errno.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/real.h"

enum { MOST = 16 };

static bool is_loopback(in_addr_t addr)
{
	return ntohl(addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/* The only address of this host beside the loopback ones, or INADDR_ANY (netdevice(7), SIOCGIFCONF). */
static in_addr_t ask(int fd)
{
	struct ifreq all[MOST];
	struct ifconf list = {.ifc_len = sizeof all, .ifc_req = all};
	in_addr_t only = INADDR_ANY;
	int saved = errno, failed = real.ioctl(fd, SIOCGIFCONF, &list) != 0;

	errno = saved;
	/* If the list is full, there may be more. */
	if (failed || list.ifc_len >= (int)sizeof all)
		return INADDR_ANY;
	for (int i = 0; i < list.ifc_len / (int)sizeof *all; i++) {
		struct sockaddr_in in;

		/* cppcheck-suppress uninitvar ; the kernel has written it */
		memcpy(&in, &all[i].ifr_addr, sizeof in);
		if (is_loopback(in.sin_addr.s_addr))
			continue;
		if (only != INADDR_ANY && only != in.sin_addr.s_addr)
			return INADDR_ANY;
		only = in.sin_addr.s_addr;
	}
	return only;
}

/* The second of the last question, and the answer. */
static _Atomic uint64_t known;

static in_addr_t only_address(int fd)
{
	uint64_t second = clock_coarse_ms() / 1000 + 1,
		 held = atomic_load_explicit(&known, memory_order_relaxed);

	if (held >> 32 != (uint32_t)second) {
		held = second << 32 | ask(fd);
		atomic_store_explicit(&known, held, memory_order_relaxed);
	}
	return (in_addr_t)held;
}

bool usual_source(int fd, in_addr_t local, in_addr_t peer)
{
	/* "ip route show table local": 127.0.0.0/8 has the source 127.0.0.1. */
	if (is_loopback(peer))
		return local == htonl(INADDR_LOOPBACK);
	return local == only_address(fd);
}
