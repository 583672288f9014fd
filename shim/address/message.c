#define _GNU_SOURCE
#include "address/message.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "address/translate.h"
#include "base/memory.h"
#include "socket/mark.h"

/* From linux/in.h and linux/in6.h. */
#ifndef IP_ORIGDSTADDR
#define IP_ORIGDSTADDR 20
#endif
#ifndef IPV6_ORIGDSTADDR
#define IPV6_ORIGDSTADDR 74
#endif
#define OPT_IPV6_2292PKTINFO 2 /* musl has no name for it */
#define OPT_IPV6_RECVFRAGSIZE 77
#define OPT_IP_RECVFRAGSIZE 25

/* struct sock_extended_err. linux/errqueue.h needs headers that musl-gcc does not find. The offender's
 * address follows it. */
struct extended_error {
	uint32_t number;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
};
enum { ORIGIN_ICMP = 2, ORIGIN_ICMP6 = 3 };

uint32_t message_mtu(uint32_t in6)
{
	const uint32_t longer = sizeof(struct ip6_hdr) - sizeof(struct ip);

	return in6 > longer ? in6 - longer : in6;
}

size_t message_room(size_t room)
{
	return memory_least(room, MESSAGE_MOST) + MESSAGE_SLACK;
}

struct message_control message_controls(const struct msghdr *message)
{
	return (struct message_control){.at = message->msg_control,
					.left = message->msg_control ? message->msg_controllen : 0};
}

bool message_next(struct message_control *c)
{
	size_t step;

	if (c->left < sizeof c->header)
		return false;
	memcpy(&c->header, c->at, sizeof c->header);
	c->bad = c->header.cmsg_len < sizeof c->header || c->header.cmsg_len > c->left;
	if (c->bad)
		return false;
	c->data = c->at + sizeof c->header;
	c->size = c->header.cmsg_len - sizeof c->header;
	step = memory_least(CMSG_ALIGN((size_t)c->header.cmsg_len), c->left);
	c->at += step;
	c->left -= step;
	return true;
}

/* glibc's lengths are size_t, musl's are socklen_t with padding. */
typedef __typeof__(((struct msghdr *)0)->msg_controllen) control_length;

/* Adds a control message as the kernel's put_cmsg() does: if it does not fit, it is cut, and MSG_CTRUNC is
 * set. */
static void put(struct msghdr *to, size_t *used, int level, int type, const void *data, size_t size)
{
	size_t room = to->msg_controllen - *used, whole = CMSG_LEN(size);
	struct cmsghdr header = {.cmsg_level = level, .cmsg_type = type};
	char *at;

	if (!to->msg_control || room < sizeof header) {
		to->msg_flags |= MSG_CTRUNC;
		return;
	}
	if (room < whole) {
		to->msg_flags |= MSG_CTRUNC;
		whole = room;
	}
	header.cmsg_len = (control_length)whole;
	at = (char *)to->msg_control + *used;
	memcpy(at, &header, sizeof header);
	memcpy(at + sizeof header, data, whole - sizeof header);
	*used += memory_least(CMSG_SPACE(size), room);
}

/* The address that the program is shown for an IPv6 address. */
static struct in_addr shown(const struct in6_addr *in6, uint32_t scope)
{
	struct sockaddr_in6 real = {.sin6_family = AF_INET6, .sin6_addr = *in6, .sin6_scope_id = scope};

	return translate_shown(&real, MARK_DATAGRAM).sin_addr;
}

static void put_pktinfo(struct msghdr *to, size_t *used, const void *data)
{
	struct in6_pktinfo in6;
	struct in_pktinfo in;

	memcpy(&in6, data, sizeof in6);
	in.ipi_ifindex = (int)in6.ipi6_ifindex;
	/* ip(7): the local address, and the one in the header. They differ for multicast only. */
	in.ipi_spec_dst = in.ipi_addr = shown(&in6.ipi6_addr, in6.ipi6_ifindex);
	if (IN6_IS_ADDR_MULTICAST(&in6.ipi6_addr))
		in.ipi_spec_dst.s_addr = htonl(INADDR_ANY);
	put(to, used, IPPROTO_IP, IP_PKTINFO, &in, sizeof in);
}

static void put_address(struct msghdr *to, size_t *used, const void *data)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memcpy(&in6, data, sizeof in6);
	in = translate_shown(&in6, MARK_DATAGRAM);
	put(to, used, IPPROTO_IP, IP_ORIGDSTADDR, &in, sizeof in);
}

/* Turns an ICMPv6 error into the equivalent ICMP error (RFC 7915, 5.2). */
static void as_icmp(struct extended_error *e)
{
	static const uint8_t unreachable[] = {1, 13, 1, 1, 3, 13, 1};

	e->origin = ORIGIN_ICMP;
	if (e->type == 1) {
		e->type = 3;
		e->code = e->code < sizeof unreachable ? unreachable[e->code] : 1;
	} else if (e->type == 2) {
		e->type = 3; /* packet too big becomes fragmentation needed; the MTU is in INFO */
		e->code = 4;
	} else if (e->type == 3) {
		e->type = 11;
	} else {
		e->type = 12;
		e->code = 0;
	}
}

/* MAPPED: of an IPv4 datagram. */
static void put_error(struct msghdr *to, size_t *used, const void *data, size_t size, bool mapped)
{
	struct {
		struct extended_error error;
		struct sockaddr_in offender;
	} in;
	struct sockaddr_in6 offender = {.sin6_family = AF_UNSPEC};

	memset(&in, 0, sizeof in);
	memcpy(&in.error, data, sizeof in.error);
	if (size >= sizeof in.error + sizeof offender)
		memcpy(&offender, (const char *)data + sizeof in.error, sizeof offender);
	/* Linux accepts ICMPv6 errors from V4MAPPED sources and from ::, which belong to nobody
	 * (spoof_filter.h). */
	if (in.error.origin == ORIGIN_ICMP6 &&
	    (IN6_IS_ADDR_V4MAPPED(&offender.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&offender.sin6_addr)))
		offender.sin6_family = AF_UNSPEC;
	if (offender.sin6_family == AF_INET6) {
		in.offender = translate_shown(&offender, MARK_DATAGRAM);
		in.offender.sin_port = 0;
	}
	if (in.error.origin == ORIGIN_ICMP6)
		as_icmp(&in.error);
	if (in.error.number == EMSGSIZE && !mapped)
		in.error.info = message_mtu(in.error.info);
	put(to, used, IPPROTO_IP, IP_RECVERR, &in, sizeof in);
}

bool message_has(const struct msghdr *message, int level, int type, void *data, size_t size)
{
	struct message_control c = message_controls(message);

	while (message_next(&c))
		if (c.header.cmsg_level == level && (type < 0 || c.header.cmsg_type == type) &&
		    c.size >= size) {
			if (size)
				memcpy(data, c.data, size);
			return true;
		}
	return false;
}

/* Hands on a control message of IPv6. An IPv4 datagram (MAPPED) brings IPv4's own control messages; the
 * kernel repeats some as IPv6's, which are left out. INFO: the program has asked for IP_PKTINFO
 * (reply_source.h). */
static void put_in6(struct msghdr *to, size_t *used, const struct message_control *c, bool mapped, bool info)
{
	unsigned char tos;
	uint32_t size;
	int number;

	if (c->header.cmsg_type == IPV6_RECVERR && c->size >= sizeof(struct extended_error)) {
		put_error(to, used, c->data, c->size, mapped);
	} else if (mapped) {
		return;
	} else if (c->header.cmsg_type == IPV6_PKTINFO && c->size >= sizeof(struct in6_pktinfo)) {
		if (info)
			put_pktinfo(to, used, c->data);
	} else if (c->header.cmsg_type == IPV6_ORIGDSTADDR && c->size >= sizeof(struct sockaddr_in6)) {
		put_address(to, used, c->data);
	} else if (c->header.cmsg_type == IPV6_HOPLIMIT && c->size >= sizeof number) {
		put(to, used, IPPROTO_IP, IP_TTL, c->data, sizeof number);
	} else if (c->header.cmsg_type == OPT_IPV6_RECVFRAGSIZE && c->size >= sizeof size) {
		memcpy(&size, c->data, sizeof size);
		size = message_mtu(size);
		put(to, used, IPPROTO_IP, OPT_IP_RECVFRAGSIZE, &size, sizeof size);
	} else if (c->header.cmsg_type == IPV6_TCLASS && c->size >= sizeof number) {
		/* In IPv4 it has one byte (ip_cmsg_recv_tos()). */
		memcpy(&number, c->data, sizeof number);
		tos = (unsigned char)number;
		put(to, used, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	}
}

void message_receive(const struct msghdr *program, struct msghdr *kernel, union sockaddr_any *name,
		     void *control)
{
	*kernel = *program;
	memset(&name->in6, 0, sizeof name->in6);
	kernel->msg_name = name;
	kernel->msg_namelen = sizeof *name;
	kernel->msg_control = control;
	kernel->msg_controllen = (control_length)message_room(program->msg_controllen);
}

/* Whether KERNEL holds an IPv4 datagram. Some in the error queue have no name, but IPv4's control messages.
 */
static bool is_in(const struct msghdr *kernel)
{
	const union sockaddr_any *name = kernel->msg_name;

	if (name && sockaddr_is_in6(&name->any, kernel->msg_namelen))
		return IN6_IS_ADDR_V4MAPPED(&name->in6.sin6_addr);
	return message_has(kernel, IPPROTO_IP, -1, NULL, 0);
}

void message_deliver(const struct msghdr *kernel, struct msghdr *program)
{
	const union sockaddr_any *name = kernel->msg_name;
	bool in6 = name && sockaddr_is_in6(&name->any, kernel->msg_namelen);
	bool mapped = is_in(kernel), info = message_has(kernel, IPPROTO_IPV6, OPT_IPV6_2292PKTINFO, NULL, 0);
	struct message_control c = message_controls(kernel);
	size_t used = 0;

	program->msg_flags = kernel->msg_flags & ~MSG_CTRUNC;
	if (program->msg_name && name)
		translate_give(name, kernel->msg_namelen, in6 ? MARK_DATAGRAM : MARK_NONE, program->msg_name,
			       &program->msg_namelen);
	/* If the kernel can't write them, it leaves them out silently (put_cmsg()). */
	if (program->msg_control && program->msg_controllen >= sizeof(struct cmsghdr) &&
	    !memory_writable_lately(program->msg_control,
				    memory_least(program->msg_controllen, MESSAGE_MOST)))
		c.left = 0;
	while (message_next(&c)) {
		if (c.header.cmsg_level == IPPROTO_IPV6)
			put_in6(program, &used, &c, mapped, info);
		else
			put(program, &used, c.header.cmsg_level, c.header.cmsg_type, c.data, c.size);
	}
	program->msg_controllen = (control_length)used;
}

bool message_to(const struct msghdr *program, struct sockaddr_in6 *to)
{
	return program && translate_synthetic(program->msg_name, program->msg_namelen, to);
}

static int send_pktinfo(struct msghdr *kernel, size_t *used, const void *data)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct in6_pktinfo in6 = {.ipi6_ifindex = 0};
	struct sockaddr_in6 real;
	struct in_pktinfo in;

	memcpy(&in, data, sizeof in);
	in6.ipi6_ifindex = (unsigned)in.ipi_ifindex;
	from.sin_addr = in.ipi_spec_dst;
	real = translate_real(&from);
	/* An IPv6 datagram can't come from an IPv4 address. */
	if (!IN6_IS_ADDR_V4MAPPED(&real.sin6_addr)) {
		in6.ipi6_addr = real.sin6_addr;
		if (!in6.ipi6_ifindex)
			in6.ipi6_ifindex = real.sin6_scope_id;
	}
	put(kernel, used, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof in6);
	return 0;
}

/* Checks a control message of IPv4 as ip_cmsg_send() does, and translates it. */
static int send_in(struct msghdr *kernel, size_t *used, const struct message_control *c)
{
	const size_t size = c->size;
	int number = 0;

	if (size == sizeof number)
		memcpy(&number, c->data, sizeof number);
	else if (size == 1)
		number = *(const unsigned char *)c->data;
	switch (c->header.cmsg_type) {
	case IP_PKTINFO:
		return size == sizeof(struct in_pktinfo) ? send_pktinfo(kernel, used, c->data) : -EINVAL;
	case IP_TTL:
		if (size != sizeof number || number < 1 || number > 255)
			return -EINVAL;
		put(kernel, used, IPPROTO_IPV6, IPV6_HOPLIMIT, &number, sizeof number);
		return 0;
	case IP_TOS:
		if ((size != sizeof number && size != 1) || number < 0 || number > 255)
			return -EINVAL;
		put(kernel, used, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof number);
		return 0;
	case IP_RETOPTS:
		return 0; /* IPv6 has no such options */
	default:
		return -EINVAL;
	}
}

int message_send(const struct msghdr *program, struct msghdr *kernel, struct sockaddr_in6 *to, void *control)
{
	struct message_control c = message_controls(program);
	size_t used = 0;

	*kernel = *program;
	kernel->msg_name = to;
	kernel->msg_namelen = sizeof *to;
	if (!program->msg_control || !program->msg_controllen || program->msg_controllen > MESSAGE_MOST)
		return 0;
	kernel->msg_control = control;
	/* A datagram to an IPv4 address keeps IPv4's control messages. */
	if (IN6_IS_ADDR_V4MAPPED(&to->sin6_addr)) {
		memcpy(control, program->msg_control, program->msg_controllen);
		return 0;
	}
	kernel->msg_controllen = (control_length)message_room(program->msg_controllen);
	while (message_next(&c)) {
		int result = 0;

		if (c.header.cmsg_level == IPPROTO_IP)
			result = send_in(kernel, &used, &c);
		else
			put(kernel, &used, c.header.cmsg_level, c.header.cmsg_type, c.data, c.size);
		if (result)
			return result;
	}
	kernel->msg_controllen = (control_length)used;
	return c.bad ? -EINVAL : 0;
}

bool message_send_from(struct msghdr *kernel, void *control, const struct in6_pktinfo *local)
{
	struct message_control c = message_controls(kernel);
	size_t used = CMSG_ALIGN(c.left);

	if (c.left && kernel->msg_control != control)
		return false;
	while (message_next(&c))
		if ((c.header.cmsg_level == IPPROTO_IPV6 && c.header.cmsg_type == IPV6_PKTINFO) ||
		    (c.header.cmsg_level == IPPROTO_IP && c.header.cmsg_type == IP_PKTINFO))
			return false;
	/* Bytes that are no message: the kernel refuses them, or ignores some at the end. */
	if (c.left)
		return false;
	kernel->msg_control = control;
	kernel->msg_controllen = (control_length)(used + CMSG_SPACE(sizeof *local));
	put(kernel, &used, IPPROTO_IPV6, IPV6_PKTINFO, local, sizeof *local);
	return true;
}
