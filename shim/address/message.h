/* Messages of widened UDP sockets: the names and control messages of recvmsg() and sendmsg(), IPv6 as the
 * kernel has them (RFC 3542, 6), IPv4 as the program knows them (ip(7)). No system calls; async-signal-safe,
 * callable from any thread, errno left alone. */
#ifndef DUALSTACK_MESSAGE_H
#define DUALSTACK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/sockaddr.h"

/* How many bytes of control messages the kernel must be given room for, when the program has ROOM: those of
 * IPv6 are longer, and an IPv4 datagram brings a few of them beside its own. */
#define MESSAGE_SLACK 256
/* More than all that a datagram can bring, and little for a thread's stack. */
#define MESSAGE_MOST 1024
size_t message_room(size_t room);

/* Makes KERNEL, to receive with, from the program's message: its iovecs, a name and control messages of our
 * own. CONTROL has message_room(program->msg_controllen) bytes and is aligned for a cmsghdr. */
void message_receive(const struct msghdr *program, struct msghdr *kernel, union sockaddr_any *name,
		     void *control);

/* Hands what was received in KERNEL to the program: names as translate_give() does, control messages as the
 * kernel's put_cmsg() does, with MSG_CTRUNC where they do not fit. */
void message_deliver(const struct msghdr *kernel, struct msghdr *program);

/* The control messages of a msghdr, one after the other, as the kernel goes through them (CMSG_OK() and
 * __cmsg_nxthdr() in linux/socket.h): aligned or not, and the last with its padding or without. CMSG_NXTHDR()
 * needs them aligned, and before glibc 2.36 the padding, too. */
struct message_control {
	const char *at; /* what is still to come */
	size_t left;
	bool bad; /* its length can't be true, and the kernel refuses them all */
	const void *data;
	size_t size;
	struct cmsghdr header; /* the last, for clang: it has a flexible array */
};

struct message_control message_controls(const struct msghdr *message);

/* Moves on to the first, or next, one. False at the end, and at a bad one. */
bool message_next(struct message_control *c);

/* Whether the program's message goes to an IPv6 address: then TO is where. */
bool message_to(const struct msghdr *program, struct sockaddr_in6 *to);

/* Makes KERNEL, to send to TO with, from the program's message. CONTROL has
 * message_room(program->msg_controllen) bytes and is aligned for a cmsghdr. Returns 0, or -EINVAL for
 * control messages that IPv4 refuses (ip_cmsg_send()). */
int message_send(const struct msghdr *program, struct msghdr *kernel, struct sockaddr_in6 *to, void *control);

#endif
