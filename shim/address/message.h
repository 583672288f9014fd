/* Messages of widened UDP sockets. The kernel has IPv6's names and control messages (RFC 3542, 6), the
 * program knows IPv4's (ip(7)); this file translates them for recvmsg() and sendmsg(). All functions are
 * async-signal-safe, any thread may call them, and they leave errno alone. */
#ifndef DUALSTACK_MESSAGE_H
#define DUALSTACK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/sockaddr.h"

struct in6_pktinfo; /* netinet/in.h has it for those with _GNU_SOURCE */

/* The bytes that the kernel needs for control messages if the program has ROOM bytes. IPv6's are longer, and
 * an IPv4 datagram brings a few of IPv6's beside its own. */
#define MESSAGE_SLACK 256
/* A datagram never brings as much, and a thread's stack has room for it. */
#define MESSAGE_MOST 1024
size_t message_room(size_t room);

/* The MTU of IPv4 for IN6, that of a path over IPv6: the program takes off the header of IPv4, and IPv6's is
 * longer (RFC 7915, 5.2). */
uint32_t message_mtu(uint32_t in6);

/* Prepares KERNEL for recvmsg(): it gets the iovecs of PROGRAM, and NAME and CONTROL in the place of the
 * program's own, if it has any. CONTROL has message_room(program->msg_controllen) bytes and is aligned for a
 * cmsghdr. */
void message_receive(const struct msghdr *program, struct msghdr *kernel, union sockaddr_any *name,
		     void *control);

/* Hands what KERNEL received to PROGRAM: the name as translate_give() does, control messages as the kernel's
 * put_cmsg() does. If they do not fit, they are cut, and MSG_CTRUNC is set. */
void message_deliver(const struct msghdr *kernel, struct msghdr *program);

/* Walks through the control messages of a msghdr as the kernel does (CMSG_OK() and __cmsg_nxthdr() in
 * linux/socket.h): they may be unaligned, and the last one may lack its padding. CMSG_NXTHDR() needs them
 * aligned, and before glibc 2.36 it needs the padding. */
struct message_control {
	const char *at; /* the rest begins here */
	size_t left;
	bool bad; /* a length is impossible: the kernel refuses all of them */
	const void *data;
	size_t size;
	struct cmsghdr header; /* clang wants it last: it ends in a flexible array */
};

/* Starts the walk, before the first control message of MESSAGE. */
struct message_control message_controls(const struct msghdr *message);

/* Moves on to the next control message, or the first. Returns false at the end, and at a bad one. */
bool message_next(struct message_control *c);

/* Returns whether MESSAGE has a control message of LEVEL and TYPE, of any type if that is negative. Puts the
 * first SIZE bytes of its data, which has at least as many, into DATA. */
bool message_has(const struct msghdr *message, int level, int type, void *data, size_t size);

/* Returns whether PROGRAM is addressed to a synthetic address. If so, TO is the IPv6 address behind it. */
bool message_to(const struct msghdr *program, struct sockaddr_in6 *to);

/* Prepares KERNEL for sendmsg() of PROGRAM to TO. CONTROL has message_room(program->msg_controllen) bytes and
 * is aligned for a cmsghdr. Returns 0, or -EINVAL if IPv4 refuses the control messages (ip_cmsg_send()). */
int message_send(const struct msghdr *program, struct msghdr *kernel, struct sockaddr_in6 *to, void *control);

/* Makes KERNEL leave from LOCAL. message_send() has prepared it with CONTROL, or it has no control messages.
 * Returns false if it leaves KERNEL alone: the program itself sets a source, there is no room, or not all
 * that the program gave is a control message. CONTROL has at least CMSG_SPACE() of an in6_pktinfo. */
bool message_send_from(struct msghdr *kernel, void *control, const struct in6_pktinfo *local);

#endif
