/* The boundary values of every argument of each function in shim/hooks/hooks.def. */
#ifndef TESTS_ANSWERS_ROWS_H
#define TESTS_ANSWERS_ROWS_H

#include <dlfcn.h>
#include <limits.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#include "answers_sockets.h"

#define SLOT(field) ((long)&memory.slots.field)
/* The last bytes before a page that can't be accessed. */
#define LAST(count) ((long)&memory.bytes[PAGE - (count)])
#define NOWHERE IS("NULL", 0), ALONE("1", 1), ALONE("-1", -1), IS("unmapped", (long)memory.none)

static long put_address(long which)
{
	static const struct {
		int family;
		uint32_t in;
		in_port_t port;
	} list[] = {
	    {AF_INET, INADDR_ANY, 5011},
	    {AF_INET, INADDR_ANY, 0},
	    {AF_INET, INADDR_LOOPBACK, 5012},
	    {AF_INET, INADDR_LOOPBACK, 0},
	    {AF_INET, 0xc6336401, 5013}, /* 198.51.100.1, to which there is no route */
	    {AF_INET, 0xf0000001, 5014}, /* 240.0.0.1, which stands for nobody */
	    {AF_INET, 0xffffffff, 5015},
	    {AF_INET, 0xe0000001, 5016},
	    {AF_UNSPEC, INADDR_ANY, 0},
	    {AF_UNSPEC, INADDR_ANY, 5011},
	    {AF_UNSPEC, INADDR_LOOPBACK, 5012},
	    {AF_UNIX, 0, 0},
	    {255, 0, 5017},
	    {0xffff, 0, 5017},
	};
	union address *to = &memory.slots.to;

	*to = at(AF_INET, 0, list[which].port);
	to->any.sa_family = (sa_family_t)list[which].family;
	to->in.sin_addr.s_addr = htonl(list[which].in);
	return (long)to;
}

static long put_in6(long text)
{
	union address *to = &memory.slots.to;

	*to = at(AF_INET6, 0, 5021);
	inet_pton(AF_INET6, (const char *)text, &to->in6.sin6_addr);
	return (long)to;
}

/* COUNT bytes of an address, before memory that can't be read. */
static long put_cut(long count)
{
	union address a = at(AF_INET, 1, 5012);

	memcpy(&memory.bytes[PAGE - count], &a, (size_t)count);
	return LAST(count);
}

static const struct value addresses[] = {
    NOWHERE,
    MADE("any", 0, put_address),
    MADE_ALONE("any:0", 1, put_address),
    MADE("local", 2, put_address),
    MADE_ALONE("local:0", 3, put_address),
    MADE("away", 4, put_address),
    MADE("pool", 5, put_address),
    MADE_ALONE("broadcast", 6, put_address),
    MADE_ALONE("multicast", 7, put_address),
    MADE_ALONE("unspec:0", 8, put_address),
    MADE_ALONE("unspec", 9, put_address),
    MADE("unspec-local", 10, put_address),
    MADE("unix", 11, put_address),
    MADE("family255", 12, put_address),
    MADE_ALONE("family65535", 13, put_address),
    MADE("in6-any", (long)"::", put_in6),
    MADE("in6-local", (long)"::1", put_in6),
    MADE("in6-mapped", (long)"::ffff:127.0.0.1", put_in6),
    MADE("last16", 16, put_cut),
    MADE_ALONE("last8", 8, put_cut),
    MADE_ALONE("last1", 1, put_cut),
    IS("read-only", (long)memory.constant),
    END,
};

static const struct value lengths[] = {
    IS("0", 0),   ALONE("1", 1),  ALONE("2", 2),     IS("15", 15), IS("16", 16),           ALONE("24", 24),
    IS("28", 28), IS("128", 128), ALONE("129", 129), IS("-1", -1), ALONE("huge", INT_MAX), END,
};

static long put_room(long count)
{
	const socklen_t room = 28;

	memcpy(&memory.second[PAGE - count], &room, (size_t)count);
	return (long)&memory.second[PAGE - count];
}

static long put_odd_room(long unused)
{
	const socklen_t room = 28;

	(void)unused;
	memcpy(&memory.slots.request[1], &room, sizeof room);
	return SLOT(request[1]);
}

static const struct value rooms[] = {
    NOWHERE,
    IS("room", SLOT(room)),
    MADE("last4", 4, put_room),
    MADE("last3", 3, put_room),
    IS("read-only", (long)memory.constant),
    MADE("odd", 0, put_odd_room),
    END,
};

static const struct value name_buffers[] = {
    NOWHERE,
    IS("name", SLOT(from)),
    IS("last16", LAST(16)),
    IS("last8", LAST(8)),
    IS("read-only", (long)memory.constant),
    END,
};

static const struct value buffers[] = {
    NOWHERE, IS("data", SLOT(data)), IS("last16", LAST(16)), IS("read-only", (long)memory.constant), END,
};

static const struct value sizes[] = {
    IS("0", 0),        ALONE("1", 1),   ALONE("15", 15),      IS("16", 16), IS("28", 28),
    ALONE("128", 128), ALONE("-1", -1), IS("huge", LONG_MAX), END,
};

static const struct value spaces[] = {IS("all", -1), IS("256", 256), IS("4", 4), IS("0", 0), END};

static const struct value flags[] = {
    IS("0", 0),
    ALONE("dontwait", MSG_DONTWAIT),
    IS("peek", MSG_PEEK),
    ALONE("trunc", MSG_TRUNC),
    ALONE("oob", MSG_OOB),
    IS("errqueue", MSG_ERRQUEUE),
    IS("fastopen", MSG_FASTOPEN),
    ALONE("more", MSG_MORE),
    ALONE("waitforone", MSG_WAITFORONE),
    ALONE("all", -1),
    END,
};

static const struct value numbers[] = {
    IS("0", 0),   IS("1", 1),           IS("2", 2),          IS("3", 3),
    IS("-1", -1), IS("least", INT_MIN), IS("most", INT_MAX), END,
};

static const struct value accept_flags[] = {
    IS("0", 0), IS("both", SOCK_NONBLOCK | SOCK_CLOEXEC), IS("1", 1), IS("-1", -1), IS("least", INT_MIN), END,
};

static const struct value waits[] = {IS("0", 0), IS("1", 1), END};

/* Seconds and fractions, in structures. */
static const struct value parts[] = {IS("0", 0), IS("-1", -1), END};
static const struct value nanoseconds[] = {IS("0", 0), IS("-1", -1), IS("1e9", 1000000000), END};

static long put_pieces(long size)
{
	memory.slots.pieces[0] = (struct iovec){memory.slots.data, (size_t)size};
	memory.slots.pieces[1] = (struct iovec){memory.slots.data + 128, 1};
	return SLOT(pieces);
}

static long put_pieces_nowhere(long size)
{
	memory.slots.pieces[0] = memory.slots.pieces[1] = (struct iovec){memory.none, (size_t)size};
	return SLOT(pieces);
}

static const struct value vectors[] = {
    NOWHERE,
    MADE("good", 16, put_pieces),
    MADE("empty", 0, put_pieces),
    MADE("negative", -1, put_pieces),
    MADE("nowhere", 16, put_pieces_nowhere),
    IS("last8", LAST(8)),
    END,
};

static const struct value counts[] = {
    IS("0", 0), IS("1", 1), IS("2", 2), IS("1025", 1025), IS("-1", -1), IS("least", INT_MIN), END,
};

static const struct value messages[] = {NOWHERE, IS("good", SLOT(message)), IS("last8", LAST(8)), END};
static const struct value message_vectors[] = {NOWHERE, IS("good", SLOT(messages)), IS("last8", LAST(8)),
					       END};
static const struct value message_counts[] = {IS("0", 0), IS("1", 1), IS("2", 2), END};

static const struct value control_buffers[] = {
    NOWHERE, IS("control", SLOT(control)), IS("last16", LAST(16)), IS("read-only", (long)memory.constant),
    END,
};

static const struct value control_sizes[] = {
    IS("0", 0), IS("1", 1), IS("15", 15), IS("16", 16), IS("28", 28), IS("128", 128), END,
};

/* A control message that sets the source address, and an invalid one. */
static long put_control(long type)
{
	struct cmsghdr *c = (struct cmsghdr *)memory.slots.control;
	const struct in_pktinfo from = {.ipi_spec_dst = {htonl(INADDR_LOOPBACK)}};

	memset(memory.slots.control, 0, sizeof memory.slots.control);
	c->cmsg_len = CMSG_LEN(sizeof from);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = (int)type;
	memcpy(CMSG_DATA(c), &from, sizeof from);
	return SLOT(control);
}

static const struct value controls[] = {
    NOWHERE,
    MADE("pktinfo", IP_PKTINFO, put_control),
    MADE("odd", 99, put_control),
    MADE("zero", 0, put_control),
    IS("last8", LAST(8)),
    END,
};

#define OPTION(level, name) ((long)(level) << 16 | (long)(name))
static const struct value option_levels[] = {
    IS("socket", SOL_SOCKET),
    IS("ip", IPPROTO_IP),
    IS("tcp", IPPROTO_TCP),
    IS("udp", IPPROTO_UDP),
    IS("ipv6", IPPROTO_IPV6),
    IS("-1", -1),
    END,
};
static const struct value option_names[] = {
    IS("type", SO_TYPE),
    IS("error", SO_ERROR),
    IS("domain", SO_DOMAIN),
    IS("lowat", SO_RCVLOWAT),
    IS("v6only", IPV6_V6ONLY),
    IS("mark", 29 /* IPV6_MULTICAST_ALL */),
    IS("ports", 51 /* IP_LOCAL_PORT_RANGE */),
    IS("-1", -1),
    IS("most", INT_MAX),
    END,
};

static long put_number(long number)
{
	memory.slots.request[0] = (char)number;
	memset(memory.slots.request + 1, 0, sizeof memory.slots.request - 1);
	return SLOT(request);
}

static long put_cut_number(long count)
{
	memset(&memory.bytes[PAGE - count], 1, (size_t)count);
	return LAST(count);
}

static const struct value settings[] = {
    NOWHERE,
    MADE("off", 0, put_number),
    MADE("on", 1, put_number),
    MADE("last4", 4, put_cut_number),
    MADE("last3", 3, put_cut_number),
    END,
};

static const struct value one_buffer[] = {IS("data", SLOT(data)), END};
static const struct value one_room[] = {IS("room", SLOT(room)), END};
static const struct value one_length[] = {IS("128", 128), END};
static const struct value one_setting[] = {MADE("on", 1, put_number), END};

/* Filled at the start: 0 to 79. */
static struct value every_option[81];

static long put_interface(long name)
{
	memset(memory.slots.request, 0, sizeof memory.slots.request);
	strcpy(memory.slots.request, (const char *)name);
	return SLOT(request);
}

static const struct value requests[] = {
    IS("fionread", FIONREAD),
    IS("fionbio", FIONBIO),
    IS("siocatmark", SIOCATMARK),
    IS("siocoutq", SIOCOUTQ),
    IS("siocgifconf", SIOCGIFCONF),
    IS("siocgifaddr", SIOCGIFADDR),
    IS("siocgifnetmask", SIOCGIFNETMASK),
    IS("siocgifindex", SIOCGIFINDEX),
    IS("siocgifflags", SIOCGIFFLAGS),
    IS("siocgifmtu", SIOCGIFMTU),
    IS("siocaddrt", SIOCADDRT),
    IS("siocdarp", SIOCDARP),
    IS("siocgarp", SIOCGARP),
    IS("siocrtmsg", SIOCRTMSG),
    IS("siocdifaddr", SIOCDIFADDR),
    IS("siocgpgrp", SIOCGPGRP),
    IS("none", 0),
    IS("-1", -1),
    END,
};
static const struct value request_arguments[] = {
    NOWHERE,
    MADE("lo", (long)"lo", put_interface),
    MADE("nobody", (long)"nobody", put_interface),
    MADE("0", 0, put_number),
    END,
};

static long put_polled(long fds)
{
	memory.slots.fds[0] = (struct pollfd){.fd = the_fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	memory.slots.fds[1] = (struct pollfd){.fd = -1, .events = POLLIN};
	return fds;
}

static const struct value polled[] = {NOWHERE, MADE("good", SLOT(fds), put_polled), IS("last8", LAST(8)),
				      END};
static const struct value poll_counts[] = {IS("0", 0),   IS("1", 1),          IS("2", 2),
					   IS("-1", -1), IS("most", INT_MAX), END};
static const struct value poll_spaces[] = {IS("all", -1), IS("16", 16), IS("7", 7), END};

static long put_set(long set)
{
	FD_ZERO((fd_set *)set);
	if (the_fd >= 0 && the_fd < FD_SETSIZE)
		FD_SET(the_fd, (fd_set *)set);
	return set;
}

static const struct value sets_in[] = {NOWHERE, MADE("good", SLOT(in), put_set),
				       IS("read-only", (long)memory.constant), END};
static const struct value sets_out[] = {NOWHERE, MADE("good", SLOT(out), put_set), END};
static const struct value sets_urgent[] = {NOWHERE, MADE("good", SLOT(urgent), put_set), END};
static const struct value select_counts[] = {IS("0", 0),       IS("1", 1),   IS("128", 128),
					     IS("1024", 1024), IS("-1", -1), END};
static const struct value times[] = {IS("1", 1), IS("unmapped", (long)memory.none), IS("good", SLOT(time)),
				     END};
static const struct value timespecs[] = {
    IS("1", 1),
    IS("unmapped", (long)memory.none),
    IS("good", SLOT(wait)),
    IS("read-only", (long)memory.constant),
    END,
};
static const struct value masks[] = {NOWHERE, IS("read-only", (long)memory.constant), END};

static long make_set(long with)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u64 = 7};
	int set = epoll_create1(0);

	if (with)
		epoll_ctl(set, EPOLL_CTL_ADD, the_fd, &event);
	return set;
}

static long put_event(long events)
{
	memset(&memory.slots.event, 0, sizeof memory.slots.event);
	memory.slots.event.events = (uint32_t)events;
	memory.slots.event.data.u64 = 7;
	return SLOT(event);
}

static const struct value epoll_sets[] = {MADE("empty", 0, make_set),
					  MADE("with", 1, make_set),
					  IS("-1", -1),
					  IS("0", 0),
					  OTHER("file", REGULAR),
					  END};
static const struct value epoll_operations[] = {
    IS("add", EPOLL_CTL_ADD),
    IS("del", EPOLL_CTL_DEL),
    IS("mod", EPOLL_CTL_MOD),
    IS("0", 0),
    IS("-1", -1),
    END,
};
static const struct value epoll_event[] = {
    NOWHERE,
    MADE("in", EPOLLIN, put_event),
    MADE("exclusive", (long)(EPOLLEXCLUSIVE | EPOLLIN | EPOLLONESHOT), put_event),
    MADE("et", (long)(EPOLLET | EPOLLOUT), put_event),
    END,
};
static const struct value epoll_events[] = {NOWHERE, IS("good", SLOT(events)), IS("last8", LAST(8)),
					    IS("read-only", (long)memory.constant), END};
static const struct value hows[] = {IS("0", 0), IS("1", 1), IS("2", 2), IS("3", 3), IS("-1", -1), END};
static const struct value descriptors[] = {
    IS("0", 0), IS("100", 100), IS("-1", -1), IS("high", 1 << 24), STREAM("tcp-listening", LISTENING), END,
};
static const struct value dup_flags[] = {IS("0", 0), IS("cloexec", O_CLOEXEC), IS("1", 1), IS("-1", -1), END};
static const struct value set_flags[] = {IS("0", 0), IS("cloexec", EPOLL_CLOEXEC), IS("1", 1), IS("-1", -1),
					 END};
static const struct value commands[] = {
    IS("dupfd", F_DUPFD),
    IS("dupfd-cloexec", F_DUPFD_CLOEXEC),
    IS("getfd", F_GETFD),
    IS("setfd", F_SETFD),
    IS("getfl", F_GETFL),
    IS("setfl", F_SETFL),
    IS("getown", F_GETOWN),
    IS("getsig", F_GETSIG),
    IS("setsig", F_SETSIG),
    IS("setpipe", F_SETPIPE_SZ),
    IS("none", 9999),
    IS("-1", -1),
    END,
};
static const struct value command_numbers[] = {
    IS("0", 0), IS("1", 1), IS("-1", -1), IS("100", 100), IS("high", 1 << 24), IS("nonblock", O_NONBLOCK),
    END,
};
static const struct value pointer_commands[] = {IS("getlk", F_GETLK), IS("getown-ex", F_GETOWN_EX), END};

/* A file with some bytes, to be read from its beginning. */
static long make_file(long size)
{
	int file = memfd_create("answers", 0);
	char bytes[128] = "";

	(void)!pwrite(file, bytes, (size_t)size, 0);
	return file;
}
static long make_pipe(long size)
{
	char bytes[128] = "";
	int ends[2];

	if (pipe(ends) == 0)
		(void)!write(ends[1], bytes, (size_t)size);
	return ends[0];
}
static long put_offset(long offset)
{
	int64_t value = offset;

	memcpy(memory.slots.data, &value, sizeof value);
	return SLOT(data);
}
static const struct value files[] = {MADE("some", 100, make_file), MADE("empty", 0, make_file), IS("-1", -1),
				     STREAM("tcp-listening", LISTENING), END};
static const struct value pipes[] = {MADE("some", 100, make_pipe), MADE("file", 100, make_file), IS("-1", -1),
				     END};
static const struct value offsets[] = {NOWHERE, MADE("3", 3, put_offset), MADE("negative", -3, put_offset),
				       IS("read-only", (long)memory.constant), END};
static const struct value positions[] = {IS("-1", -1), IS("0", 0), IS("least", LONG_MIN), END};
static const struct value splice_flags[] = {IS("0", 0), IS("nonblock", 2), IS("more", 4), IS("-1", -1), END};
static const struct value write_flags[] = {IS("0", 0), IS("nowait", 8), IS("-1", -1), END};
static const struct value range_flags[] = {IS("0", 0), IS("unshare", 2), IS("cloexec", 4),
					   IS("8", 8), IS("-1", -1),     END};
static const struct value range_firsts[] = {IS("3", 3), IS("0", 0), IS("100", 100), IS("most", UINT_MAX),
					    END};
static const struct value range_lasts[] = {IS("most", UINT_MAX), IS("3", 3), IS("0", 0), END};

static const struct value families[] = {
    IS("in", AF_INET),
    IS("in6", AF_INET6),
    IS("unspec", AF_UNSPEC),
    IS("unix", AF_UNIX),
    IS("-1", -1),
    IS("255", 255),
    END,
};
/* The address alone. */
static long put_number_in(long number)
{
	const uint32_t in = htonl((uint32_t)number);

	memset(&memory.slots.to, 0, sizeof memory.slots.to);
	memcpy(&memory.slots.to, &in, sizeof in);
	return SLOT(to);
}
static const struct value numeric[] = {
    MADE("local", INADDR_LOOPBACK, put_number_in),
    MADE("any", 0, put_number_in),
    MADE("pool", 0xf0000001, put_number_in),
    MADE("broadcast", 0xffffffff, put_number_in),
    MADE("away", 0xc6336401, put_number_in),
    NOWHERE,
    IS("last4", LAST(4)),
    END,
};
static const struct value texts[] = {NOWHERE, IS("text", SLOT(text)), IS("last16", LAST(16)), END};
static const struct value services[] = {NOWHERE, IS("service", SLOT(service)), END};
static const struct value text_sizes[] = {
    IS("0", 0),   IS("1", 1),     IS("15", 15), IS("16", 16), IS("28", 28),
    IS("46", 46), IS("128", 128), IS("-1", -1), END,
};
static const struct value address_sizes[] = {IS("0", 0),   IS("3", 3),   IS("4", 4),
					     IS("16", 16), IS("-1", -1), END};
static const struct value nameinfo_flags[] = {
    IS("0", 0),
    IS("numeric", NI_NUMERICHOST | NI_NUMERICSERV),
    IS("namereqd", NI_NAMEREQD),
    IS("nofqdn", NI_NOFQDN),
    IS("dgram", NI_DGRAM),
    IS("all", -1),
    IS("most", INT_MAX),
    END,
};
static const struct value names[] = {
    NOWHERE,
    IS("local", (long)"127.0.0.1"),
    IS("short", (long)"127.1"),
    IS("empty", (long)""),
    IS("any", (long)"0.0.0.0"),
    IS("host", (long)"answers.example"),
    IS("none", (long)"nobody.example"),
    IS("dot", (long)"."),
    IS("in6", (long)"::1"),
    IS("in6-only", (long)"six.example"),
    IS("wild", (long)"256.1.1.1"),
    IS("pool", (long)"240.0.0.1"),
    IS("long", (long)"0123456789012345678901234567890123456789012345678901234567890123456789.example"),
    END,
};
static const struct value service_names[] = {
    IS("NULL", 0),
    IS("unmapped", (long)memory.none),
    IS("80", (long)"80"),
    IS("empty", (long)""),
    IS("none", (long)"nobody-at-all"),
    IS("70000", (long)"70000"),
    END,
};
static const struct value hints[] = {IS("NULL", 0), IS("unmapped", (long)memory.none),
				     IS("good", SLOT(hints)), END};
static const struct value hint_flags[] = {
    IS("0", 0),
    IS("numeric", AI_NUMERICHOST),
    IS("passive", AI_PASSIVE),
    IS("canonical", AI_CANONNAME),
    IS("mapped", AI_V4MAPPED),
    IS("all", AI_V4MAPPED | AI_ALL),
    IS("config", AI_ADDRCONFIG),
    IS("odd", -1),
    END,
};
static const struct value types[] = {IS("0", 0), IS("stream", SOCK_STREAM), IS("dgram", SOCK_DGRAM),
				     IS("99", 99), END};
static const struct value protocols[] = {IS("0", 0), IS("tcp", IPPROTO_TCP), IS("udp", IPPROTO_UDP),
					 IS("99", 99), END};
/* Requests of getaddrinfo_a(). */
#ifdef __GLIBC__
static struct gaicb one_request = {.ar_name = "192.0.2.1", .ar_service = "80"};
static struct gaicb *one_list[] = {&one_request, NULL};
static const struct value request_lists[] = {IS("one", (long)one_list), END};
static const struct value request_counts[] = {IS("0", 0), IS("1", 1), IS("2", 2), END};
static const struct value one_lookup[] = {IS("one", (long)&one_request), END};
static const struct value lookup_modes[] = {IS("wait", GAI_WAIT), IS("no-wait", GAI_NOWAIT), IS("-1", -1),
					    IS("2", 2), END};
static struct sigevent no_event = {.sigev_notify = SIGEV_NONE};
static const struct value sigevents[] = {IS("NULL", 0), IS("none", (long)&no_event), END};
#endif
static const struct value lists[] = {IS("list", SLOT(list)), IS("unmapped", (long)memory.none), END};
static const struct value entries[] = {IS("entry", SLOT(entry)), IS("unmapped", (long)memory.none), END};
static const struct value entry_results[] = {IS("result", SLOT(entry_result)),
					     IS("unmapped", (long)memory.none), END};
static const struct value errors[] = {IS("error", SLOT(error)), IS("unmapped", (long)memory.none), END};
static const struct value host_sizes[] = {IS("0", 0),     IS("1", 1),       IS("16", 16),
					  IS("128", 128), IS("1024", TEXT), END};

static char *run_sh[] = {"sh", "-c", "exit 7", NULL}, *no_list[] = {NULL}, *one_variable[] = {"A=B", NULL};
static const struct value paths[] = {
    NOWHERE,
    IS("sh", (long)"/bin/sh"),
    IS("by-name", (long)"sh"),
    IS("nobody", (long)"/nonexistent"),
    IS("empty", (long)""),
    IS("directory", (long)"/"),
    IS("file", (long)"/etc/hosts"),
    END,
};
static const struct value modules[] = {
    IS("NULL", 0),
    IS("libm", (long)"libm.so.6"),
    IS("nobody", (long)"/nonexistent"),
    IS("file", (long)"/etc/hosts"),
    END,
};
#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 0 /* musl has none */
#endif
static const struct value module_flags[] = {
    IS("0", 0),
    IS("lazy", RTLD_LAZY),
    IS("deep", RTLD_NOW | RTLD_DEEPBIND),
    IS("loaded", RTLD_NOW | RTLD_NOLOAD),
    IS("-1", -1),
    END,
};
static const struct value argument_lists[] = {NOWHERE, IS("sh", (long)run_sh), IS("empty", (long)no_list),
					      END};
static const struct value environments[] = {NOWHERE, IS("one", (long)one_variable),
					    IS("empty", (long)no_list), END};
static const struct value words[] = {IS("sh", (long)"sh"), IS("other", (long)"other"), END};
static const struct value dash_c[] = {IS("-c", (long)"-c"), END};
static const struct value script[] = {IS("exit", (long)"exit 7"), END};
static const struct value nothing[] = {IS("NULL", 0), END};
static const struct value at_flags[] = {IS("0", 0), IS("empty-path", AT_EMPTY_PATH),
					IS("nofollow", AT_SYMLINK_NOFOLLOW), IS("-1", -1), END};
static const struct value pids[] = {IS("pid", SLOT(pid)), IS("NULL", 0), IS("unmapped", (long)memory.none),
				    END};

/* Arguments of several rows. */
#define ARG(list, normal)             \
	{                             \
		list, normal, NULL, 0 \
	}
#define FIELD(list, normal, field)                                           \
	{                                                                    \
		list, normal, &memory.slots.field, sizeof memory.slots.field \
	}
#define OF(normal)                                      \
	{                                               \
		sockets, normal, &the_fd, sizeof the_fd \
	}
#define MESSAGE_OUT(m)                                                                 \
	FIELD(name_buffers, "name", m.msg_name), FIELD(lengths, "128", m.msg_namelen), \
	    FIELD(vectors, "good", m.msg_iov), FIELD(counts, "1", m.msg_iovlen),       \
	    FIELD(control_buffers, "control", m.msg_control), FIELD(control_sizes, "128", m.msg_controllen)
#define MESSAGE_IN(m, to)                                                        \
	FIELD(addresses, to, m.msg_name), FIELD(lengths, "16", m.msg_namelen),   \
	    FIELD(vectors, "good", m.msg_iov), FIELD(counts, "1", m.msg_iovlen), \
	    FIELD(controls, "NULL", m.msg_control), FIELD(control_sizes, "0", m.msg_controllen)
#define HINTS                                                                           \
	FIELD(families, "in", hints.ai_family), FIELD(hint_flags, "0", hints.ai_flags), \
	    FIELD(types, "stream", hints.ai_socktype), FIELD(protocols, "0", hints.ai_protocol)

static const struct row rows[] = {
    {"bind", {ARG(sockets, "tcp"), ARG(addresses, "any"), ARG(lengths, "16")}},
    {"bind", {ARG(sockets, "udp"), ARG(addresses, "any"), ARG(lengths, "16")}},
    {"listen", {ARG(sockets, "tcp"), ARG(numbers, "1")}},
    {"connect", {ARG(sockets, "tcp"), ARG(addresses, "local"), ARG(lengths, "16")}},
    {"connect", {ARG(sockets, "tcp-bound"), ARG(addresses, "local"), ARG(lengths, "16")}},
    {"connect", {ARG(sockets, "udp"), ARG(addresses, "local"), ARG(lengths, "16")}},
    {"connect", {ARG(sockets, "udp-bound"), ARG(addresses, "local"), ARG(lengths, "16")}},
    {"accept",
     {FIELD(lengths, "128", room), ARG(sockets, "tcp-queued"), ARG(name_buffers, "name"),
      ARG(rooms, "room")}},
    {"accept4",
     {FIELD(lengths, "128", room), ARG(sockets, "tcp-queued"), ARG(name_buffers, "name"), ARG(rooms, "room"),
      ARG(accept_flags, "0")}},
    {"getsockname",
     {FIELD(lengths, "128", room), ARG(sockets, "tcp-bound"), ARG(name_buffers, "name"), ARG(rooms, "room")}},
    {"getpeername",
     {FIELD(lengths, "128", room), ARG(sockets, "udp-bound-connected"), ARG(name_buffers, "name"),
      ARG(rooms, "room")}},
    {"getsockopt",
     {FIELD(lengths, "128", room), ARG(sockets, "tcp-bound"), ARG(option_levels, "socket"),
      ARG(option_names, "domain"), ARG(buffers, "data"), ARG(rooms, "room")}},
    {"getsockopt",
     {FIELD(one_length, "128", room), ARG(widened, "tcp-bound"), ARG(option_levels, "socket"),
      ARG(every_option, "1"), ARG(one_buffer, "data"), ARG(one_room, "room")}},
    {"setsockopt",
     {ARG(sockets, "tcp-bound"), ARG(option_levels, "socket"), ARG(option_names, "lowat"),
      ARG(settings, "on"), ARG(lengths, "28")}},
    {"setsockopt",
     {ARG(widened, "tcp-bound"), ARG(option_levels, "ip"), ARG(every_option, "1"), ARG(one_setting, "on"),
      ARG(one_length, "128")}},
    {"ioctl", {ARG(sockets, "tcp-bound"), ARG(requests, "siocgifaddr"), ARG(request_arguments, "lo")}},

    {"poll", {OF("tcp-queued"), ARG(polled, "good"), ARG(poll_counts, "1"), ARG(waits, "0")}},
    {"__poll_chk",
     {OF("tcp-queued"), ARG(polled, "good"), ARG(poll_counts, "1"), ARG(waits, "0"), ARG(poll_spaces, "16")}},
    {"ppoll",
     {OF("tcp-queued"), FIELD(parts, "0", wait.tv_sec), FIELD(nanoseconds, "0", wait.tv_nsec),
      ARG(polled, "good"), ARG(poll_counts, "1"), ARG(timespecs, "good"), ARG(masks, "NULL")}},
    {"__ppoll_chk",
     {OF("tcp-queued"), FIELD(nanoseconds, "0", wait.tv_nsec), ARG(polled, "good"), ARG(poll_counts, "1"),
      ARG(timespecs, "good"), ARG(masks, "NULL"), ARG(poll_spaces, "16")}},
    {"select",
     {OF("tcp-queued"), FIELD(parts, "0", time.tv_sec), FIELD(parts, "0", time.tv_usec),
      ARG(select_counts, "128"), ARG(sets_in, "good"), ARG(sets_out, "good"), ARG(sets_urgent, "NULL"),
      ARG(times, "good")}},
    {"pselect",
     {OF("tcp-queued"), FIELD(parts, "0", wait.tv_sec), FIELD(nanoseconds, "0", wait.tv_nsec),
      ARG(select_counts, "128"), ARG(sets_in, "good"), ARG(sets_out, "good"), ARG(sets_urgent, "NULL"),
      ARG(timespecs, "good"), ARG(masks, "NULL")}},
    {"epoll_create", {ARG(numbers, "1")}},
    {"epoll_create1", {ARG(set_flags, "0")}},
    {"epoll_ctl",
     {OF("tcp-queued"),
      ARG(epoll_sets, "empty"),
      ARG(epoll_operations, "add"),
      {NULL, NULL, &the_fd, sizeof the_fd},
      ARG(epoll_event, "in")}},
    {"epoll_wait",
     {OF("tcp-queued"), ARG(epoll_sets, "with"), ARG(epoll_events, "good"), ARG(counts, "2"),
      ARG(waits, "0")}},
    {"epoll_pwait",
     {OF("tcp-queued"), ARG(epoll_sets, "with"), ARG(epoll_events, "good"), ARG(counts, "2"), ARG(waits, "0"),
      ARG(masks, "NULL")}},
    {"epoll_pwait2",
     {OF("tcp-queued"), FIELD(parts, "0", wait.tv_sec), FIELD(nanoseconds, "0", wait.tv_nsec),
      ARG(epoll_sets, "with"), ARG(epoll_events, "good"), ARG(counts, "2"), ARG(timespecs, "good"),
      ARG(masks, "NULL")}},

    {"send", {ARG(sockets, "tcp-connected"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(flags, "0")}},
    {"recv", {ARG(sockets, "tcp-accepted"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(flags, "0")}},
    {"__recv_chk",
     {ARG(sockets, "tcp-accepted"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(spaces, "256"),
      ARG(flags, "0")}},
    {"read", {ARG(sockets, "tcp-accepted"), ARG(buffers, "data"), ARG(sizes, "16")}},
    {"__read_chk",
     {ARG(sockets, "tcp-accepted"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(spaces, "256")}},
    {"write", {ARG(sockets, "tcp-connected"), ARG(buffers, "data"), ARG(sizes, "16")}},
    {"readv", {ARG(sockets, "tcp-accepted"), ARG(vectors, "good"), ARG(counts, "2")}},
    {"writev", {ARG(sockets, "tcp-connected"), ARG(vectors, "good"), ARG(counts, "2")}},
    {"preadv2",
     {ARG(sockets, "tcp-accepted"), ARG(vectors, "good"), ARG(counts, "2"), ARG(positions, "-1"),
      ARG(write_flags, "0")}},
    {"preadv64v2",
     {ARG(sockets, "tcp-accepted"), ARG(vectors, "good"), ARG(counts, "2"), ARG(positions, "-1"),
      ARG(write_flags, "0")}},
    {"pwritev2",
     {ARG(sockets, "tcp-connected"), ARG(vectors, "good"), ARG(counts, "2"), ARG(positions, "-1"),
      ARG(write_flags, "0")}},
    {"pwritev64v2",
     {ARG(sockets, "tcp-connected"), ARG(vectors, "good"), ARG(counts, "2"), ARG(positions, "-1"),
      ARG(write_flags, "0")}},
    {"sendfile", {ARG(sockets, "tcp-connected"), ARG(files, "some"), ARG(offsets, "NULL"), ARG(sizes, "16")}},
    {"sendfile64",
     {ARG(sockets, "tcp-connected"), ARG(files, "some"), ARG(offsets, "NULL"), ARG(sizes, "16")}},
    {"splice",
     {ARG(pipes, "some"), ARG(offsets, "NULL"), ARG(sockets, "tcp-connected"), ARG(offsets, "NULL"),
      ARG(sizes, "16"), ARG(splice_flags, "0")}},

    {"shutdown", {ARG(sockets, "tcp-accepted"), ARG(hows, "1")}},
    {"close", {ARG(sockets, "tcp-bound")}},
    {"dup", {ARG(sockets, "tcp-bound")}},
    {"fcntl", {ARG(sockets, "tcp-bound"), ARG(commands, "getfl"), ARG(command_numbers, "100")}},
    {"fcntl", {ARG(sockets, "tcp-bound"), ARG(pointer_commands, "getown-ex"), ARG(buffers, "data")}},
    {"fcntl64", {ARG(sockets, "tcp-bound"), ARG(commands, "getfl"), ARG(command_numbers, "100")}},
    {"fcntl64", {ARG(sockets, "tcp-bound"), ARG(pointer_commands, "getown-ex"), ARG(buffers, "data")}},
    {"dup2", {ARG(sockets, "tcp-bound"), ARG(descriptors, "100")}},
    {"dup3", {ARG(sockets, "tcp-bound"), ARG(descriptors, "100"), ARG(dup_flags, "0")}},
    {"close_range",
     {OF("tcp-bound"), ARG(range_firsts, "3"), ARG(range_lasts, "most"), ARG(range_flags, "0")}},
    {"closefrom", {OF("tcp-bound"), ARG(numbers, "3")}},
    {"pidfd_getfd", {ARG(sockets, "tcp-bound"), ARG(descriptors, "100"), ARG(dup_flags, "0")}},

    {"sendto",
     {ARG(sockets, "udp"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(flags, "0"), ARG(addresses, "local"),
      ARG(lengths, "16")}},
    {"sendto",
     {ARG(sockets, "udp-bound"), ARG(buffers, "data"), ARG(sizes, "16"), ARG(flags, "0"),
      ARG(addresses, "local"), ARG(lengths, "16")}},
    {"sendmsg", {MESSAGE_IN(message, "local"), ARG(sockets, "udp"), ARG(messages, "good"), ARG(flags, "0")}},
    {"sendmsg",
     {MESSAGE_IN(message, "local"), ARG(sockets, "udp-bound"), ARG(messages, "good"), ARG(flags, "0")}},
    {"sendmmsg",
     {MESSAGE_IN(messages[0].msg_hdr, "local"), ARG(sockets, "udp-bound"), ARG(message_vectors, "good"),
      ARG(message_counts, "1"), ARG(flags, "0")}},
    {"recvfrom",
     {FIELD(lengths, "128", room), ARG(sockets, "udp-pending"), ARG(buffers, "data"), ARG(sizes, "16"),
      ARG(flags, "0"), ARG(name_buffers, "name"), ARG(rooms, "room")}},
    {"__recvfrom_chk",
     {FIELD(lengths, "128", room), ARG(sockets, "udp-pending"), ARG(buffers, "data"), ARG(sizes, "16"),
      ARG(spaces, "256"), ARG(flags, "0"), ARG(name_buffers, "name"), ARG(rooms, "room")}},
    {"recvmsg", {MESSAGE_OUT(message), ARG(sockets, "udp-pending"), ARG(messages, "good"), ARG(flags, "0")}},
    {"recvmmsg",
     {MESSAGE_OUT(messages[0].msg_hdr), ARG(sockets, "udp-pending"), ARG(message_vectors, "good"),
      ARG(message_counts, "2"), ARG(flags, "0"), ARG(nothing, "NULL")}},

    {"inet_ntop", {ARG(families, "in"), ARG(numeric, "local"), ARG(texts, "text"), ARG(text_sizes, "46")}},
    {"__inet_ntop_chk",
     {ARG(families, "in"), ARG(numeric, "local"), ARG(texts, "text"), ARG(text_sizes, "46"),
      ARG(spaces, "256")}},
    {"inet_pton", {ARG(families, "in"), ARG(names, "local"), ARG(name_buffers, "name")}},
    {"__inet_pton_chk",
     {ARG(families, "in"), ARG(names, "local"), ARG(name_buffers, "name"), ARG(spaces, "256")}},
    {"inet_aton", {ARG(names, "local"), ARG(name_buffers, "name")}},
    {"inet_addr", {ARG(names, "local")}},
    {"getnameinfo",
     {ARG(addresses, "local"), ARG(lengths, "16"), ARG(texts, "text"), ARG(text_sizes, "128"),
      ARG(services, "service"), ARG(text_sizes, "28"), ARG(nameinfo_flags, "numeric")}},
    {"gethostbyaddr", {ARG(numeric, "away"), ARG(address_sizes, "4"), ARG(families, "in")}},
    {"gethostbyaddr_r",
     {ARG(numeric, "away"), ARG(address_sizes, "4"), ARG(families, "in"), ARG(entries, "entry"),
      ARG(texts, "text"), ARG(host_sizes, "1024"), ARG(entry_results, "result"), ARG(errors, "error")}},
    {"getaddrinfo",
     {HINTS, ARG(names, "host"), ARG(service_names, "80"), ARG(hints, "good"), ARG(lists, "list")}},
    {"gethostbyname", {ARG(names, "host")}},
    {"gethostbyname2", {ARG(names, "host"), ARG(families, "in")}},
    {"gethostbyname_r",
     {ARG(names, "host"), ARG(entries, "entry"), ARG(texts, "text"), ARG(host_sizes, "1024"),
      ARG(entry_results, "result"), ARG(errors, "error")}},
    {"gethostbyname2_r",
     {ARG(names, "host"), ARG(families, "in"), ARG(entries, "entry"), ARG(texts, "text"),
      ARG(host_sizes, "1024"), ARG(entry_results, "result"), ARG(errors, "error")}},
#ifdef __GLIBC__
    {"getaddrinfo_a",
     {ARG(lookup_modes, "wait"), ARG(request_lists, "one"), ARG(request_counts, "1"),
      ARG(sigevents, "NULL")}},
    {"gai_suspend", {ARG(request_lists, "one"), ARG(request_counts, "1"), ARG(timespecs, "good")}},
    {"gai_cancel", {ARG(one_lookup, "one")}},
#endif

    {"execve", {OF("tcp-listening"), ARG(paths, "sh"), ARG(argument_lists, "sh"), ARG(environments, "one")}},
    {"execvpe",
     {OF("tcp-listening"), ARG(paths, "by-name"), ARG(argument_lists, "sh"), ARG(environments, "one")}},
    {"fexecve",
     {OF("tcp-listening"), ARG(directories, "sh"), ARG(argument_lists, "sh"), ARG(environments, "one")}},
    {"execveat",
     {OF("tcp-listening"), ARG(directories, "cwd"), ARG(paths, "sh"), ARG(argument_lists, "sh"),
      ARG(environments, "one"), ARG(at_flags, "0")}},
    {"posix_spawn",
     {OF("tcp-listening"), ARG(pids, "pid"), ARG(paths, "sh"), ARG(nothing, "NULL"), ARG(nothing, "NULL"),
      ARG(argument_lists, "sh"), ARG(environments, "one")}},
    {"posix_spawnp",
     {OF("tcp-listening"), ARG(pids, "pid"), ARG(paths, "by-name"), ARG(nothing, "NULL"),
      ARG(nothing, "NULL"), ARG(argument_lists, "sh"), ARG(environments, "one")}},
    {"execv", {OF("tcp-listening"), ARG(paths, "sh"), ARG(argument_lists, "sh")}},
    {"execvp", {OF("tcp-listening"), ARG(paths, "by-name"), ARG(argument_lists, "sh")}},
    {"execl",
     {OF("tcp-listening"), ARG(paths, "sh"), ARG(words, "sh"), ARG(dash_c, "-c"), ARG(script, "exit"),
      ARG(nothing, "NULL")}},
    {"execlp",
     {OF("tcp-listening"), ARG(paths, "by-name"), ARG(words, "sh"), ARG(dash_c, "-c"), ARG(script, "exit"),
      ARG(nothing, "NULL")}},
    {"execle",
     {OF("tcp-listening"), ARG(paths, "sh"), ARG(words, "sh"), ARG(dash_c, "-c"), ARG(script, "exit"),
      ARG(nothing, "NULL"), ARG(environments, "one")}},
    {"dlopen", {ARG(modules, "libm"), ARG(module_flags, "lazy")}},
};

#endif
