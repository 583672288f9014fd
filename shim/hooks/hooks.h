/* What the files of exported functions have in common. */
#ifndef DUALSTACK_HOOKS_H
#define DUALSTACK_HOOKS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/real.h"
#include "base/sockaddr.h"
#include "socket/mark.h"

/* The hook for bind() is called hook_bind in the source and bind in the object: glibc's headers declare
 * some of these functions with parameter types or attributes of their own, which a definition under the
 * same name would have to repeat. */
#define EXPORT __attribute__((visibility("default")))
#define HOOK(type, name, params) EXPORT type hook_##name params __asm__(#name);
#define OPTIONAL(type, name, params) HOOK(type, name, params)
#define EXPORTED(type, name, params) HOOK(type, name, params)
#include "hooks/hooks.def"
#undef HOOK
#undef OPTIONAL
#undef EXPORTED

/* Every hook calls this first. Initialisers of other libraries may run before this one's, so whoever
 * comes first fills the table of real functions and reads the environment; afterwards it is one load
 * and one branch. */
void hooks_start(void);

/* What is done while a connect is in progress, and only then, is kept apart: the common case needs no frame
 * of its own then. */
#define RARE __attribute__((noinline, cold))

/* Whether calls on FD are to be translated. errno is left alone. */
bool hooks_dual(int fd);

/* An error that the library found, as the program is told of it: errno is set, -1 returned. */
int hooks_fail(int negative);

/* Whether the caller's ADDR and ROOM are such that the kernel should see them, and refuse; or may see them,
 * as there is nothing to translate. Then no system call of another kind is made (socket/mark.h). */
bool hooks_pass(const struct sockaddr *addr, const socklen_t *room);

/* Hands NAME, of length LEN, to the program, as translate_give(). False: errno is EFAULT. ROOM is what
 * hooks_pass() has seen. */
bool hooks_give(const union sockaddr_any *name, socklen_t len, enum mark kind, struct sockaddr *addr,
		socklen_t *room);

/* Whether a caller of getnameinfo() with FLAGS and SIZE bytes for the host expects the text of an IPv6
 * address. */
bool hooks_expects_in6(socklen_t size, int flags);

/* Returns NODE, which may be NULL, as it is to be looked up in FAMILY: in AF_INET the IPv6 text of a known
 * peer (address/text.h) as that of its synthetic address, which is put into TEXT. Not async-signal-safe. */
const char *hooks_text_in(const char *node, int family, char text[INET_ADDRSTRLEN]);

/* Whether ADDR is the IPv6 address of a peer that the program knows, and FD is AF_INET for the program. If
 * so, SHOWN is the peer's synthetic address, which the program can mean only. errno is left alone;
 * async-signal-safe. */
bool hooks_known_in6(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in *shown);

/* getsockopt(SO_ERROR) of a descriptor with a connect in progress, as far as it is not the kernel's to
 * answer: then the answer is in VALUE and LEN. */
bool connect_error(int fd, void *value, socklen_t *len);

/* Whether a call with MSG_* FLAGS that sends or receives on FD can go to the kernel, as no connect is in
 * progress. Where that can wait, it does, as long as the option TIMEOUT says (SO_SNDTIMEO, SO_RCVTIMEO); else
 * errno is set. */
bool connect_settled(int fd, int flags, int timeout);

/* Makes the program's FD a socket that can send or connect to IPv6 addresses, if it is none yet and no rule
 * keeps it IPv4. Returns whether it is one; else errno is ENETUNREACH: in IPv4 there is no way to such an
 * address, and what it is shown as must not get out. */
bool ready_for_in6(int fd);

/* The same for TO, by which a translator is reached (destinations_nat64()), and which is shown as ADDR from
 * now on. */
bool ready_for_nat64(int fd, const struct sockaddr *addr, const struct sockaddr_in6 *to);

#endif
