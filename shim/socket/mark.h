/* The mark: one bit in the kernel's socket that says "the program asked for AF_INET". It needs no
 * privilege, accepted sockets inherit it, and it stays with the socket through dup(), fork(), exec and
 * SCM_RIGHTS, where a table keyed by descriptor goes stale. */
#ifndef DUALSTACK_MARK_H
#define DUALSTACK_MARK_H

#include <stdbool.h>
#include <sys/socket.h>

/* All of these are async-signal-safe, callable from any thread, and leave errno alone. */

/* Until this is called, or mark_set(), there can be no marked socket in the process, and the tests below
 * say so without a system call: programs that have nothing to do with any are left alone, also in a sandbox
 * that ends whoever makes a call of a kind that it does not know. To be called when one may have come from
 * elsewhere: inherited, or over a Unix socket. */
void mark_expect(void);
bool mark_expected(void);

/* Takes mark_expect() back: only while no other thread can have a socket, when the library is loaded. */
void mark_forget(void);

enum mark { MARK_NONE, MARK_STREAM, MARK_DATAGRAM };

/* Marks the AF_INET6 TCP, MPTCP or UDP socket FD. Returns
 * 0 or a negative errno, -ENOPROTOOPT where the kernel is too old (TCP: Linux 4.20, MPTCP: 6.3), -EBUSY where
 * the program uses the option that is the mark.
 */
int mark_set(int fd);

/* Whether VALUE, of the option of LEVEL and NAME, is a mark of ours; then it has its default otherwise. */
bool mark_is_value(int level, int name, unsigned value);

/* Which mark FD has; MARK_NONE for anything that is no such socket. */
enum mark mark_test(int fd);

/* The same in one call less, for a socket that is known to be a stream socket, as accept() yields, or a
 * datagram socket. */
bool mark_test_stream(int fd);
bool mark_test_datagram(int fd);

/* Whether FD was a marked datagram socket when it was last asked, if that is known without asking: a number
 * can be another socket by now. For who would hear of that from the kernel. */
bool mark_seen_datagram(int fd);

/* Whether what FD yields to a caller with ROOM bytes for a peer's address is to be translated: it is a marked
 * datagram socket. It costs no system call where FD was one lately and no program that knows IPv6 would have
 * so little room; such a caller gets a yes as well where a sandbox does not let the mark be read. ASK: what
 * was lately will not do. A stream socket is always asked: what accept() yields is changed for good. */
bool mark_test_receiver(int fd, socklen_t room, bool ask);

/* Whether a socket that is not marked, and yielded an IPv6 address to a caller with ROOM bytes for it, is to
 * be taken for a marked one: because it has been narrowed while the call waited, or because a sandbox does
 * not let its mark be read, and only a program that knows nothing but IPv4 has so little room. */
bool mark_assume(int fd, socklen_t room);

/* Whether there may be marks, and a sandbox does not let that of the socket FD be read. */
bool mark_hidden(int fd);

/* Whether a setsockopt() of LEVEL and NAME on FD would touch the mark, or what comes with it, and do nothing
 * else: then the program's call is to have no effect. */
bool mark_guards(int fd, int level, int name);

/* Marks the program's own stream, or AF_INET datagram, socket FD as one that no other can stand in for,
 * because it has a setting that could not be carried over and can't be read back; and whether FD has that
 * mark. */
int mark_keep(int fd);
bool mark_kept(int fd);

#endif
