/* The mark: one bit in the kernel's socket that says "the program asked for AF_INET". It needs no privilege.
 * Accepted sockets inherit it. It stays with the socket through dup(), fork(), exec and SCM_RIGHTS, after
 * which a table keyed by descriptor would be stale. */
#ifndef DUALSTACK_MARK_H
#define DUALSTACK_MARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

/* All functions are async-signal-safe, callable from any thread, and leave errno alone. */

/* The process may soon have a marked socket. mark_expect_foreign(): one that this process does not mark
 * itself, because it is inherited or passed over a Unix socket, or a similar one. mark_set() calls
 * mark_expect(). Before that, the tests below return false without a system call: programs without marked
 * sockets are left alone, also in a sandbox that kills on unknown system calls. */
void mark_expect(void);
void mark_expect_foreign(void);
bool mark_expected(void);

/* mark_note_server(): peers may come to a socket of the process, because it has bound one, or has one from
 * elsewhere (mark_expect_foreign()). mark_serves(): whether that is so. */
void mark_note_server(void);
bool mark_serves(void);

/* Undoes all of this. Only while the library is being loaded, when no other thread can have a socket. */
void mark_forget(void);

enum mark { MARK_NONE, MARK_STREAM, MARK_DATAGRAM };

/* Marks the AF_INET6 socket FD of PROTOCOL: TCP, MPTCP or UDP. Returns 0 or a negative errno: -ENOPROTOOPT if
 * the kernel is too old (TCP: Linux 4.20, MPTCP: 6.3), -EBUSY if the program uses the option that serves as
 * the mark. */
int mark_set(int fd, int protocol);

/* Marks the datagram socket FD of a program that understands IPv6 addresses: nothing is translated, and only
 * mark_datagram_lately() yields the mark. mark_translates(): whether MARK is of another socket. */
int mark_set_as_is(int fd);
enum { MARK_AS_IS = 0x00800000 };
static inline bool mark_translates(unsigned mark)
{
	return !(mark & MARK_AS_IS);
}

/* Whether VALUE of the option LEVEL, NAME is a mark. The program sees the option's default instead. */
bool mark_is_value(int level, int name, unsigned value);

/* Whether the option LEVEL, NAME of FD is a mark. Then SHOWN is its default, which the program sees. */
bool mark_hides(int fd, int level, int name, int *shown);

/* The kind of mark that FD has; MARK_NONE if FD is no marked socket. */
enum mark mark_test(int fd);

/* The same with one system call less, if FD is known to be a stream socket, as accept() yields it, or a
 * datagram socket. */
bool mark_test_stream(int fd);
bool mark_test_datagram(int fd);

/* The mark of the datagram socket FD, or 0. 23 bits of it tell the socket from others. */
unsigned mark_datagram(int fd);

/* The same, as it was when it was last read here: no system call for a plain descriptor, nor for the only
 * marked datagram socket that this process can have, if it was the last one to be read. A raw system call can
 * have put another socket in its place, so the caller checks what the kernel says. */
unsigned mark_datagram_lately(int fd);

/* FD, or any descriptor, may be another socket now. */
void mark_stale(int fd);
void mark_stale_all(void);

/* The descriptor of the marked datagram socket that was last read, or -1. */
extern __attribute__((visibility("hidden"))) _Atomic int mark_lately_fd;

/* The program closes the descriptors from FIRST to LAST. */
static inline void mark_closing(int first, int last)
{
	int fd = atomic_load_explicit(&mark_lately_fd, memory_order_relaxed);

	if (fd >= first && fd <= last)
		atomic_store_explicit(&mark_lately_fd, -1, memory_order_relaxed);
}

/* Whether to translate what the datagram socket FD gives to a caller with ROOM bytes for a peer's address: FD
 * is marked, or a sandbox forbids reading the mark and ROOM is too small for a program that knows IPv6. MARK
 * is mark_datagram()'s. */
bool mark_test_receiver(int fd, socklen_t room, unsigned *mark);

/* Whether to treat FD as marked. FD has no mark, and has given an IPv6 address to a caller with ROOM bytes
 * for it. True if FD was narrowed while the call waited, or if a sandbox forbids reading the mark and ROOM is
 * too small for a program that knows IPv6. */
bool mark_assume(int fd, socklen_t room);

/* The same for FD as accept() yields it. ROOM does not matter if the process can have no listener of its own
 * in AF_INET6. mark_note_in6(): it may have one. */
bool mark_assume_accepted(int fd, socklen_t room);
void mark_note_in6(void);

/* Whether there may be marks, and a sandbox forbids reading the mark of the socket FD. */
bool mark_hidden(int fd);

/* Whether setsockopt() of LEVEL, NAME on FD would change only the mark or the spoof filter. If so, the
 * program's call has no effect. */
bool mark_guards(int fd, int level, int name);

/* mark_keep() marks FD, the program's own stream or AF_INET datagram socket, as one that must not be
 * replaced: an option of it can't be read back, so it can't be carried over. mark_kept() says whether FD has
 * that mark. */
int mark_keep(int fd);
bool mark_kept(int fd);

#endif
