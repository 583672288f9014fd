/* Shared by the files of exported functions. */
#ifndef DUALSTACK_HOOKS_H
#define DUALSTACK_HOOKS_H

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "address/translate.h"
#include "base/memory.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "client/connect.h"
#include "socket/mark.h"

/* The hook for bind() is hook_bind in the source and bind in the object: glibc's headers declare some of
 * these functions with parameter types or attributes of their own, which a definition of that name would have
 * to repeat. */
#define HOOK(type, name, params) \
	__attribute__((visibility("default"))) type hook_##name params __asm__(#name);
#include "hooks/hooks.def"

/* Every hook calls this first. Initialisers of other libraries may run before this one's, so the first call
 * loads the real functions and the configuration; later calls cost one load and one branch. */
void hooks_start(void);

/* For code that runs only while a connect is in progress: it spares the common case a stack frame. */
#define RARE __attribute__((noinline, cold))

/* The argument after LAST: an int, a long, a pointer or missing. Each is passed in the same register or slot.
 */
#define HOOKS_ARGUMENT(last)                     \
	({                                       \
		va_list args;                    \
		void *argument;                  \
		va_start(args, last);            \
		argument = va_arg(args, void *); \
		va_end(args);                    \
		argument;                        \
	})

/* glibc ends a program by this that exceeds its buffer; other C libraries lack it. */
void __chk_fail(void) __attribute__((noreturn, weak));

/* The check of a call that _FORTIFY_SOURCE has compiled: SIZE has to be within SPACE, the size of the buffer
 * as far as the compiler knows. */
static inline void hooks_check(size_t size, size_t space)
{
	if (size <= space)
		return;
	if (__chk_fail)
		__chk_fail();
	abort();
}

/* Whether calls on FD are to be translated. Leaves errno alone. */
bool hooks_dual(int fd);

/* Whether the marked FD is connected to an IPv6 peer. If so, PEER (or NULL) is that. Leaves errno alone. */
bool hooks_in6_peer(int fd, struct sockaddr_in6 *peer);

/* Tells the program of an error that the library found: sets errno, returns -1. */
int hooks_fail(int negative);

/* Whether ADDR and ROOM go to the kernel as the caller gave them, because it will refuse them, or there is
 * nothing to translate. If so, no other system call is made (socket/mark.h). */
bool hooks_pass(const struct sockaddr *addr, const socklen_t *room);

/* Gives NAME, of length LEN, to the program, as translate_give() does. memory_takes_address_lately() has
 * checked ADDR and ROOM, for an IPv4 address. If false, errno is EFAULT. */
static inline bool hooks_give(const union sockaddr_any *name, socklen_t len, enum mark kind,
			      struct sockaddr *addr, socklen_t *room)
{
	socklen_t size = translate_size(name, len, kind, *room);

	if (size > sizeof name->in && !memory_writable_lately(addr, size)) {
		errno = EFAULT;
		return false;
	}
	translate_give(name, len, kind, addr, room);
	return true;
}

/* Whether ADDR, which inet_ntop() would take with FAMILY, is a synthetic address, V4MAPPED or not. If so,
 * PEER is the address behind it. */
bool hooks_peer_of(int family, const void *addr, struct sockaddr_in6 *peer);

/* Whether a caller of getnameinfo() with FLAGS and SIZE bytes for the host expects the text of an IPv6
 * address. */
bool hooks_expects_in6(socklen_t size, int flags);

/* Returns the name to look up in FAMILY for NODE, which may be NULL. If FAMILY is AF_INET and NODE is the
 * IPv6 text of a known peer (address/text.h), that is the text of its synthetic address, which is put into
 * TEXT. Not async-signal-safe. */
const char *hooks_text_in(const char *node, int family, char text[INET_ADDRSTRLEN]);

/* Whether ADDR is the IPv6 address of a peer that the program knows, and FD is AF_INET for the program. If
 * so, SHOWN is the peer's synthetic address, which the program must mean. errno is left alone;
 * async-signal-safe. */
bool hooks_known_in6(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in *shown);

/* FD has come from another process, which may still have it. It may be a marked socket, one with unknown
 * options, or an epoll set. Leaves errno alone. */
void hooks_expect_passed(int fd);

/* Calls VISIT for each descriptor that MESSAGE, which may be NULL, passes to another process. */
void hooks_each_passed(const struct msghdr *message, void (*visit)(int fd));

/* What MESSAGE passes to another process is not this process's alone any more. Leaves errno alone. */
void hooks_hand_on(const struct msghdr *message);

/* Whether all parts of MESSAGE that the library reads can be read. Leaves errno alone. */
bool hooks_readable(const struct msghdr *message);

/* Whether a message to the IPv4 address ADDR has to leave from LOCAL, which its peer has asked. Then TO is
 * the peer, or ADDR V4MAPPED. */
bool hooks_leaves_from(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to,
		       struct in6_pktinfo *local);

/* SENT is the result of sending with that source, errno its error. Whether it is to be left to the kernel,
 * because it is no address of this host any more, or never was one of its own, as a broadcast address;
 * because no route leads from it; because FD is no widened socket any more; or because a sandbox forbids the
 * call. */
bool hooks_refused_source(ssize_t sent);

/* Whether MESSAGE needs hook_sendmsg(), and the kernel's sendmsg() would not do. */
bool hooks_sends(int fd, const struct msghdr *message, int flags);

/* Makes the program's FD a socket that can send or connect to IPv6 addresses, unless it already is one, or a
 * rule keeps it IPv4. If false, errno is ENETUNREACH: IPv4 has no route to the peer, and nothing may be sent
 * to its synthetic address. */
bool ready_for_in6(int fd);

/* The same for TO, an address at a translator (destination_nat64()), which is shown as ADDR from now on. */
bool ready_for_nat64(int fd, const struct sockaddr *addr, const struct sockaddr_in6 *to);

#endif
