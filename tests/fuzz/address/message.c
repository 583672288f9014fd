/* Control messages: of recvmsg() to the program's view, and of sendmsg() to the kernel's. The input is parsed
 * here again, by hand and by the kernel's rules, and compared with the output: no message is lost, only those
 * of IPv4 and IPv6 are changed, and nothing is written beyond the buffer. */
#define _GNU_SOURCE
#include "../fuzz.h"

#include <errno.h>
#include <netinet/in.h>

#include "address/message.h"
#include "config/config.h"

struct config config;

/* One control message. */
struct item {
	int level, type;
	size_t size;
	const char *data;
	bool whole; /* it fitted */
};

struct items {
	struct item at[96];
	unsigned count;
	bool bad; /* the kernel takes none of them (CMSG_OK() in linux/socket.h) */
};

static struct items apart(const void *control, size_t left)
{
	const char *at = control;
	struct items items = {.count = 0};
	struct cmsghdr c;

	while (at && left >= sizeof c) {
		size_t step;

		memcpy(&c, at, sizeof c);
		if (c.cmsg_len < sizeof c || c.cmsg_len > left) {
			items.bad = true;
			break;
		}
		assert(items.count < 96);
		items.at[items.count++] = (struct item){.level = c.cmsg_level,
							.type = c.cmsg_type,
							.size = c.cmsg_len - sizeof c,
							.data = at + sizeof c};
		step = CMSG_ALIGN((size_t)c.cmsg_len);
		if (step > left)
			break;
		at += step;
		left -= step;
	}
	return items;
}

static bool is_same(const struct item *a, const struct item *b)
{
	return a->level == b->level && a->type == b->type && a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static int number_in(const struct item *i)
{
	int number = 0;

	if (i->size == sizeof number)
		memcpy(&number, i->data, sizeof number);
	else if (i->size == 1)
		number = (unsigned char)*i->data;
	return number;
}

/* What ip_cmsg_send() does with FROM. */
static bool is_refused(const struct item *from)
{
	bool is_int = from->size == sizeof(int), is_number = is_int || from->size == 1;

	switch (from->type) {
	case IP_PKTINFO:
		return from->size != sizeof(struct in_pktinfo);
	case IP_TTL:
		return !is_int || number_in(from) < 1 || number_in(from) > 255;
	case IP_TOS:
		return !is_number || number_in(from) < 0 || number_in(from) > 255;
	default:
		return from->type != IP_RETOPTS;
	}
}

static void sent_as(const struct item *from, const struct item *to)
{
	struct in_pktinfo in;
	struct in6_pktinfo in6;

	if (from->level != IPPROTO_IP) {
		assert(is_same(from, to));
		return;
	}
	assert(to->level == IPPROTO_IPV6);
	if (from->type == IP_PKTINFO) {
		assert(to->type == IPV6_PKTINFO && to->size == sizeof in6);
		memcpy(&in, from->data, sizeof in);
		memcpy(&in6, to->data, sizeof in6);
		assert(!in.ipi_ifindex || in6.ipi6_ifindex == (unsigned)in.ipi_ifindex);
		assert(!IN6_IS_ADDR_V4MAPPED(&in6.ipi6_addr));
	} else {
		assert(to->type == (from->type == IP_TTL ? IPV6_HOPLIMIT : IPV6_TCLASS));
		assert(to->size == sizeof(int) && number_in(to) == number_in(from));
	}
}

/* Like the kernel's put_cmsg(). */
static void put(struct msghdr *m, size_t *used, const struct item *i)
{
	size_t left = m->msg_controllen - *used, whole = CMSG_LEN(i->size), space = CMSG_SPACE(i->size);
	struct cmsghdr c = {.cmsg_level = i->level, .cmsg_type = i->type};

	if (left < sizeof c || left < whole)
		m->msg_flags |= MSG_CTRUNC;
	if (left < sizeof c)
		return;
	c.cmsg_len = whole < left ? whole : left;
	memcpy((char *)m->msg_control + *used, &c, sizeof c);
	memcpy((char *)m->msg_control + *used + sizeof c, i->data, c.cmsg_len - sizeof c);
	*used += space < left ? space : left;
}

struct kind {
	int level, type;
	size_t size;
};

/* Puts messages of some of KINDS, mostly of their right size, into M. Returns the padding of the last one, in
 * bytes. */
static size_t fill(struct msghdr *m, struct input *in, const struct kind *kinds, unsigned count)
{
	size_t used = 0, padding = 0;

	for (unsigned n = 0; n < 40 && in->left && used < m->msg_controllen; n++) {
		unsigned which = take8(in);
		const struct kind *k = &kinds[which % count];
		struct item i = {.level = k->level, .type = k->type, .size = k->size};
		char data[64];

		if (which >= 224)
			i.size = take8(in) % sizeof data;
		take(in, data, i.size);
		i.data = data;
		put(m, &used, &i);
		padding = CMSG_SPACE(i.size) - CMSG_LEN(i.size);
	}
	m->msg_controllen = used;
	return padding;
}

/* Messages that a program may send, and others. */
static const struct kind sent[] = {
    {IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo)},
    {IPPROTO_IP, IP_TTL, sizeof(int)},
    {IPPROTO_IP, IP_TOS, sizeof(int)},
    {IPPROTO_IP, IP_TOS, 1},
    {IPPROTO_IP, IP_RETOPTS, 4},
    {IPPROTO_UDP, 103, 2}, /* UDP_SEGMENT */
    {SOL_SOCKET, 37, 4},   /* SO_TIMESTAMPING */
    {IPPROTO_IP, 23, 4},   /* IP_PROTOCOL: not in IPv6 */
};

/* The program's control messages, in MEMORY: those above or any bytes, with or without padding at the end. */
static void write_control(struct msghdr *program, struct input *in, unsigned flags, void **memory)
{
	static _Alignas(struct cmsghdr) char made[2048];
	struct msghdr m = {.msg_control = made, .msg_controllen = sizeof made};
	size_t padding;

	if (flags & 1) {
		m.msg_controllen = in->left < sizeof made ? in->left : sizeof made;
		take(in, made, m.msg_controllen);
	} else {
		padding = fill(&m, in, sent, sizeof sent / sizeof *sent);
		if (flags & 2)
			m.msg_controllen -= padding < m.msg_controllen ? padding : m.msg_controllen;
	}
	program->msg_controllen = m.msg_controllen;
	program->msg_control = exactly(m.msg_controllen, flags >> 2 & 7, memory);
	if (program->msg_control)
		memcpy(program->msg_control, made, m.msg_controllen);
}

static void send_it(struct input *in, unsigned flags)
{
	struct msghdr program = {.msg_name = NULL}, kernel;
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct items from = {.count = 0}, made;
	void *memory, *control;
	bool refused = false;
	size_t size, room;
	unsigned n = 0;
	int result;

	write_control(&program, in, flags, &memory);
	size = program.msg_controllen;
	room = message_room(size);
	control = malloc(room);
	if (size <= MESSAGE_MOST)
		from = apart(program.msg_control, size);
	for (unsigned i = 0; i < from.count; i++)
		refused |= from.at[i].level == IPPROTO_IP && is_refused(&from.at[i]);
	memset(&kernel, 0x55, sizeof kernel);
	result = message_send(&program, &kernel, &to, control);
	assert(result == (from.bad || refused ? -EINVAL : 0));
	assert(result || (kernel.msg_name == &to && kernel.msg_namelen == sizeof to));
	if (result == 0 && size <= MESSAGE_MOST && size > 0) {
		assert(kernel.msg_control == control && kernel.msg_controllen <= room);
		assert(!(kernel.msg_flags & MSG_CTRUNC));
		made = apart(control, kernel.msg_controllen);
		for (unsigned i = 0; i < from.count; i++)
			if (from.at[i].level != IPPROTO_IP || from.at[i].type != IP_RETOPTS) {
				assert(n < made.count);
				sent_as(&from.at[i], &made.at[n++]);
			}
		assert(n == made.count && !made.bad);
	}
	free(control);
	free(memory);
}

/* What a message of IPv6 becomes; false: nothing. INFO: the program has asked for IP_PKTINFO. */
static bool received_as(const struct item *from, bool mapped, bool info, struct item *to)
{
	static const struct {
		int in6, in;
		size_t from, to;
		bool mapped_too;
	} kinds[] = {
	    {IPV6_RECVERR, IP_RECVERR, 16, 16 + sizeof(struct sockaddr_in), true},
	    {IPV6_PKTINFO, IP_PKTINFO, sizeof(struct in6_pktinfo), sizeof(struct in_pktinfo), false},
	    {74, 20, sizeof(struct sockaddr_in6), sizeof(struct sockaddr_in), false}, /* ORIGDSTADDR */
	    {IPV6_HOPLIMIT, IP_TTL, sizeof(int), sizeof(int), false},
	    {IPV6_TCLASS, IP_TOS, sizeof(int), 1, false},
	    {77, 25, sizeof(int), sizeof(int), false}, /* RECVFRAGSIZE */
	};

	*to = *from;
	if (from->level != IPPROTO_IPV6)
		return true;
	if (from->type == IPV6_PKTINFO && !info)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].in6 == from->type && from->size >= kinds[i].from &&
		    (!mapped || kinds[i].mapped_too)) {
			*to = (struct item){.level = IPPROTO_IP, .type = kinds[i].in, .size = kinds[i].to};
			return true;
		}
	return false;
}

#define OPT_IPV6_2292PKTINFO 2 /* musl has no name for it */

/* The kernel's messages. */
static const struct kind received[] = {
    {IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo)},
    {IPPROTO_IPV6, OPT_IPV6_2292PKTINFO, sizeof(struct in6_pktinfo)},
    {IPPROTO_IPV6, 74, sizeof(struct sockaddr_in6)}, /* IPV6_ORIGDSTADDR */
    {IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(int)},
    {IPPROTO_IPV6, IPV6_TCLASS, sizeof(int)},
    {IPPROTO_IPV6, IPV6_RECVERR, 16},
    {IPPROTO_IPV6, IPV6_RECVERR, 16 + sizeof(struct sockaddr_in6)},
    {IPPROTO_IPV6, 11, sizeof(int)}, /* IPV6_FLOWINFO */
    {IPPROTO_IPV6, 77, sizeof(int)}, /* IPV6_RECVFRAGSIZE */
    {IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo)},
    {IPPROTO_IP, IP_TTL, sizeof(int)},
    {IPPROTO_IP, IP_TOS, 1},
    {IPPROTO_IP, IP_RECVERR, 16 + sizeof(struct sockaddr_in)},
    {SOL_SOCKET, SO_TIMESTAMP, 16},
    {SOL_SOCKET, 40, 4}, /* SO_RXQ_OVFL */
};

/* PROGRAM has as many messages of KERNEL as fit ROOM. */
static void check_received(const struct msghdr *kernel, const struct msghdr *program, size_t room,
			   bool mapped)
{
	struct items from = apart(kernel->msg_control, kernel->msg_controllen);
	struct items made = apart(program->msg_control, program->msg_controllen);
	bool cut = false, info = false;
	unsigned n = 0;

	for (unsigned i = 0; i < from.count; i++)
		info |= from.at[i].level == IPPROTO_IPV6 && from.at[i].type == OPT_IPV6_2292PKTINFO;

	assert(!from.bad && !made.bad && program->msg_controllen <= room);
	for (unsigned i = 0; i < from.count; i++) {
		struct item to;

		if (!received_as(&from.at[i], mapped, info, &to))
			continue;
		if (room < sizeof(struct cmsghdr)) {
			cut = true;
			break;
		}
		assert(n < made.count);
		assert(made.at[n].level == to.level && made.at[n].type == to.type);
		if (CMSG_LEN(to.size) > room) {
			to.size = room - sizeof(struct cmsghdr);
			cut = true;
		}
		assert(made.at[n].size == to.size);
		assert(!to.data || is_same(&to, &made.at[n]));
		room -= CMSG_SPACE(to.size) < room ? CMSG_SPACE(to.size) : room;
		n++;
	}
	assert(n == made.count && !(program->msg_flags & MSG_CTRUNC) == !cut);
}

static bool has_level(const struct msghdr *message, int level)
{
	struct items all = apart(message->msg_control, message->msg_controllen);

	for (unsigned i = 0; i < all.count; i++)
		if (all.at[i].level == level)
			return true;
	return false;
}

static void receive_it(struct input *in, unsigned shift)
{
	size_t room = take16(in) % 1400;
	socklen_t name_room = take8(in) % 32;
	void *memory, *given = exactly(room, shift, &memory), *control = malloc(message_room(room));
	char *name = malloc(name_room ? name_room : 1);
	struct msghdr program = {.msg_name = name_room ? name : NULL,
				 .msg_namelen = name_room,
				 .msg_control = given,
				 .msg_controllen = room};
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	struct msghdr kernel;
	union sockaddr_any any;

	message_receive(&program, &kernel, &any, control);
	assert(!kernel.msg_control || kernel.msg_controllen <= message_room(room));
	take(in, &from.sin6_addr, sizeof from.sin6_addr);
	if (take8(in) & 1)
		memcpy(&from.sin6_addr, &(struct in6_addr){{{[10] = 0xff, 0xff}}}, 12);
	/* Datagrams in the error queue have no sender: no name. */
	kernel.msg_namelen = take8(in) & 1 ? 0 : sizeof from;
	if (kernel.msg_name)
		memcpy(kernel.msg_name, &from, sizeof from);
	kernel.msg_flags = 0;
	if (kernel.msg_control == control)
		(void)fill(&kernel, in, received, sizeof received / sizeof *received);
	message_deliver(&kernel, &program);
	if (kernel.msg_control == control)
		check_received(&kernel, &program, room,
			       kernel.msg_name && kernel.msg_namelen ? IN6_IS_ADDR_V4MAPPED(&from.sin6_addr)
								     : has_level(&kernel, IPPROTO_IP));
	assert(!program.msg_name || !kernel.msg_namelen || program.msg_namelen == sizeof(struct sockaddr_in));
	if (kernel.msg_namelen && name_room >= 2)
		assert(memcmp(name, &(sa_family_t){AF_INET}, 2) == 0);
	free(name);
	free(control);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned flags = take8(&in);

	if (flags & 1)
		receive_it(&in, flags >> 1 & 7);
	else
		send_it(&in, flags >> 1);
	return 0;
}
