/* The mark: one bit in the kernel's socket that says "the program asked for AF_INET". It needs no
 * privilege, accepted sockets inherit it, and it stays with the socket through dup(), fork(), exec and
 * SCM_RIGHTS, where a table keyed by descriptor goes stale. */
#ifndef DUALSTACK_MARK_H
#define DUALSTACK_MARK_H

#include <stdbool.h>
#include <sys/socket.h>

/* All functions are async-signal-safe, callable from any thread, and leave errno alone. */

/* Says that the process may soon have a marked socket; mark_expect_foreign(): one that mark_set() is not
 * called for here, inherited, over a Unix socket, or much like one. mark_set() says so as well. Until then
 * the tests below say no without a system call, so that programs without marked sockets are left alone, also
 * in a sandbox that kills on unknown system calls.
 */
void mark_expect(void);
void mark_expect_foreign(void);
bool mark_expected(void);

/* Takes both back. Only while the library is loaded, when no other thread can have a socket. */
void mark_forget(void);

enum mark { MARK_NONE, MARK_STREAM, MARK_DATAGRAM };

/* Marks the AF_INET6 socket FD of PROTOCOL: TCP, MPTCP or UDP. Returns 0 or a negative errno: -ENOPROTOOPT if
 * the kernel is too old (TCP: Linux 4.20, MPTCP: 6.3), -EBUSY if the program uses the option that is the
 * mark. */
int mark_set(int fd, int protocol);

/* Whether VALUE of the option LEVEL, NAME is a mark. The program sees the option's default instead. */
bool mark_is_value(int level, int name, unsigned value);

/* Whether the option LEVEL, NAME of FD is a mark. Then SHOWN is its default, which the program sees. */
bool mark_hides(int fd, int level, int name, int *shown);

/* The mark of FD; MARK_NONE if FD is no marked socket. */
enum mark mark_test(int fd);

/* The same with one system call less, where FD is known to be a stream socket, as accept() yields it, or a
 * datagram socket. */
bool mark_test_stream(int fd);
bool mark_test_datagram(int fd);

/* The mark of the datagram socket FD, or 0. It has 23 bits by which a socket is told from others. */
unsigned mark_datagram(int fd);

/* The same without a system call where FD's number had no mark before and has, for all that is known, not
 * become that of a marked socket since. mark_forget_plain(): it has; or any may have, where FD is -1. */
unsigned mark_datagram_again(int fd);
void mark_forget_plain(int fd);

/* The mark of the only marked datagram socket that this process can have; 0 if there is none, or there may be
 * several. No system calls. */
unsigned mark_only_datagram(void);

/* Whether what the datagram socket FD yields to a caller with ROOM bytes for a peer's address is translated:
 * FD is marked, or a sandbox does not let the mark be read and ROOM is too small for a program that knows
 * IPv6. MARK is mark_datagram()'s. */
bool mark_test_receiver(int fd, socklen_t room, unsigned *mark);

/* Whether FD, which is not marked and has given an IPv6 address to a caller with ROOM bytes for it, is
 * treated as marked. It is if it was narrowed while the call waited; or if a sandbox does not let the mark be
 * read and ROOM is too small for a program that knows IPv6. */
bool mark_assume(int fd, socklen_t room);

/* Whether there may be marks and a sandbox does not let the mark of the socket FD be read. */
bool mark_hidden(int fd);

/* Whether setsockopt() of LEVEL, NAME on FD would change the mark or the spoof filter and nothing else. Then
 * the program's call has no effect. */
bool mark_guards(int fd, int level, int name);

/* mark_keep() marks the program's own stream, or AF_INET datagram, socket FD as one that must not be
 * replaced: it has an option that can't be read back and so can't be carried over. mark_kept() says whether
 * FD has that mark. */
int mark_keep(int fd);
bool mark_kept(int fd);

#endif
