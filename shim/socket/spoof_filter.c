#include "socket/spoof_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/real.h"

/* The packet's protocol, the index of its interface, and a word of its IPv6 source. */
#define KIND ((uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
#define INTERFACE ((uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX))
#define SOURCE(word) ((uint32_t)(SKF_NET_OFF + 8 + 4 * (word)))

#define LOAD(size, at) BPF_STMT(BPF_LD | (size) | BPF_ABS, at)
#define EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define RETURN(bytes) BPF_STMT(BPF_RET | BPF_K, bytes)

/* EQUAL() skips that many steps. */
static struct sock_filter steps[] = {
    LOAD(BPF_H, KIND),
    EQUAL(ETH_P_IPV6, 0, 9),
    LOAD(BPF_W, SOURCE(0)),
    EQUAL(0, 0, 7),
    LOAD(BPF_W, SOURCE(1)),
    EQUAL(0, 0, 5),
    LOAD(BPF_W, SOURCE(2)),
    EQUAL(0xffff, 4, 0),
    EQUAL(0, 0, 2),
    LOAD(BPF_W, SOURCE(3)),
    EQUAL(0, 1, 0),
    RETURN(UINT32_MAX),
    RETURN(0),
};

static int attach(int fd, struct sock_filter *filter, unsigned short count)
{
	const struct sock_fprog program = {count, filter};

	return real.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : -errno;
}

int spoof_filter_attach(int fd)
{
	return attach(fd, steps, sizeof steps / sizeof *steps);
}

int spoof_filter_close(int fd, int interface)
{
	struct sock_filter closed[] = {
	    LOAD(BPF_H, KIND),      EQUAL(ETH_P_IPV6, 3, 0),
	    LOAD(BPF_W, INTERFACE), EQUAL((uint32_t)interface, 0, 1),
	    RETURN(UINT32_MAX),     RETURN(0),
	};

	/* Any interface will do. */
	if (interface == 0)
		closed[3].jf = 0;
	return attach(fd, closed, sizeof closed / sizeof *closed);
}
