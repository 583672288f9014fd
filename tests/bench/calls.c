/* calls native|shim [count]: makes each call of the table below CALLS times. Under callgrind it dumps each
 * row's instructions in user space. With count, strace sees each call between two writes to descriptor -1:
 * the row's name, and nothing. tests/bench/instructions runs it.
 *
 * Every function that the library interposes must have a row; else it names the one without, and fails.
 *
 * The order of the rows matters: those named client run before anything is widened, and those named several
 * once there is more than one widened UDP socket, of which the library has to ask the kernel more; those
 * named after-lookup run once a name was looked up, which makes no thread: glibc always reckons with threads
 * from then on (SINGLE_THREAD_P). */
#define _GNU_SOURCE
#include "calls.h"

#include <valgrind/callgrind.h>

enum { CALLS = 8 };

static const struct row {
	const char *name;
	enum thing on;
	const char *text;
	void (*before)(void);
	long (*call)(void);
	void (*after)(void);
} rows[] = {
    {"nothing", NOTHING, NULL, NULL, call_nothing, NULL},
    {"accept/client", LISTENER, NULL, visitor_comes, call_accept, close_both},
    {"connect/client", LISTENER, NULL, new_client, call_connect, accept_and_close},
    {"getpeername/client", STREAM, NULL, NULL, call_getpeername, NULL},
    {"getsockopt/SO_ERROR-client", STREAM, NULL, NULL, call_so_error, NULL},
    {"setsockopt/SO_KEEPALIVE-client", STREAM, NULL, NULL, call_so_keepalive, NULL},
    {"poll/client", STREAM, NULL, waits, call_poll, NULL},
    {"recv/client", STREAM, NULL, comes, call_recv, NULL},
    {"sendto/client", UDP, NULL, to_shown, call_sendto, taken},
    {"recvfrom/client", UDP, NULL, comes, call_recvfrom, NULL},
    {"recvmsg/client", UDP, NULL, message_in, call_recvmsg, NULL},
    {"execve/client", NOTHING, NULL, NULL, call_execve, NULL},
    {"bind/other", NOTHING, "127.0.0.1", new_stream, call_bind, close_spare},
    {"bind/wildcard-stream", NOTHING, "0.0.0.0", new_stream, call_bind, close_spare},
    {"bind/ipv6", NOTHING, "::1", new_in6, call_bind, close_spare},
    {"listen/other", NOTHING, "127.0.0.1", new_bound, call_listen, close_spare},
    {"listen/widened", NOTHING, "0.0.0.0", new_bound, call_listen, close_spare},
    {"connect/address", LISTENER, NULL, new_client, call_connect, accept_and_close},
    {"connect/udp", UDP, "127.0.0.1", new_datagram, call_connect, close_spare},
    {"accept/other", LISTENER, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv4", LISTENER4, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-loopback", LISTENER1, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv6", LISTENER6, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv6-unasked", LISTENER6, NULL, visitor_comes, call_accept_unasked, close_both},
    {"accept4/other", LISTENER, NULL, visitor_comes, call_accept4, close_both},
    {"accept4/widened-ipv4", LISTENER4, NULL, visitor_comes, call_accept4, close_both},
    {"accept4/widened-ipv6", LISTENER6, NULL, visitor_comes, call_accept4, close_both},
    {"getsockname/other", STREAM, NULL, NULL, call_getsockname, NULL},
    {"getsockname/widened-ipv4", FROM4, NULL, NULL, call_getsockname, NULL},
    {"getsockname/widened-ipv6", FROM6, NULL, NULL, call_getsockname, NULL},
    {"getpeername/other", STREAM, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-ipv4", FROM4, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-loopback", FROM1, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-ipv6", FROM6, NULL, NULL, call_getpeername, NULL},
    {"sendto/widened-ipv6", UDP6, NULL, to_shown, call_sendto, taken},
    {"sendmsg/widened-ipv6", UDP6, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv6-control", UDP6, NULL, message_out_control, call_sendmsg, taken},
    {"sendmmsg/widened-ipv6", UDP6, NULL, message_out, call_sendmmsg, many_taken},
    {"recvfrom/widened-ipv6", UDP6, NULL, comes, call_recvfrom, NULL},
    {"__recvfrom_chk/widened-ipv6", UDP6, NULL, comes, call_recvfrom_chk, NULL},
    {"recvmsg/widened-ipv6", UDP6, NULL, message_in, call_recvmsg, NULL},
    {"recvmmsg/widened-ipv6", UDP6, NULL, many_in, call_recvmmsg, NULL},
    {"recvmsg/widened-ipv6-control", UDP6, NULL, message_in_control, call_recvmsg, NULL},
    {"getnameinfo/widened-ipv6", UDP6, NULL, to_shown, call_getnameinfo, NULL},
    {"bind/wildcard-udp", NOTHING, "0.0.0.0", new_datagram, call_bind, close_spare},
    {"sendto/widened-ipv6-several", UDP6, NULL, to_shown, call_sendto, taken},
    {"getpeername/widened-ipv6-several", FROM6, NULL, NULL, call_getpeername, NULL},
    {"getsockopt/SO_ERROR", STREAM, NULL, NULL, call_so_error, NULL},
    {"getsockopt/SO_RCVBUF", STREAM, NULL, NULL, call_so_rcvbuf, NULL},
    {"getsockopt/SO_RCVBUF-widened", FROM6, NULL, NULL, call_so_rcvbuf, NULL},
    {"setsockopt/SO_KEEPALIVE", STREAM, NULL, NULL, call_so_keepalive, NULL},
    {"setsockopt/SO_KEEPALIVE-widened", FROM6, NULL, NULL, call_so_keepalive, NULL},
    {"setsockopt/IP_TOS", STREAM, NULL, NULL, call_ip_tos, NULL},
    {"setsockopt/IP_TOS-widened", FROM6, NULL, NULL, call_ip_tos, NULL},
    {"ioctl/stream", STREAM, NULL, NULL, call_ioctl, NULL},
    {"poll/stream", STREAM, NULL, waits, call_poll, NULL},
    {"ppoll/stream", STREAM, NULL, waits, call_ppoll, NULL},
    {"__poll_chk/stream", STREAM, NULL, waits, call_poll_chk, NULL},
    {"__ppoll_chk/stream", STREAM, NULL, waits, call_ppoll_chk, NULL},
    {"select/stream", STREAM, NULL, waits, call_select, NULL},
    {"pselect/stream", STREAM, NULL, waits, call_pselect, NULL},
    {"epoll_create/set", NOTHING, NULL, NULL, call_epoll_create, close_set},
    {"epoll_create1/set", NOTHING, NULL, NULL, call_epoll_create1, close_set},
    {"epoll_ctl/stream", STREAM, NULL, registered, call_epoll_ctl, close_set},
    {"epoll_wait/stream", STREAM, NULL, registered, call_epoll_wait, close_set},
    {"epoll_pwait/stream", STREAM, NULL, registered, call_epoll_pwait, close_set},
    {"epoll_pwait2/stream", STREAM, NULL, registered, call_epoll_pwait2, close_set},
    {"send/stream", STREAM, NULL, NULL, call_send, taken},
    {"send/widened-ipv6", FROM6, NULL, NULL, call_send, taken},
    {"recv/stream", STREAM, NULL, comes, call_recv, NULL},
    {"recv/widened-ipv6", FROM6, NULL, comes, call_recv, NULL},
    {"__recv_chk/stream", STREAM, NULL, comes, call_recv_chk, NULL},
    {"read/stream", STREAM, NULL, comes, call_read, NULL},
    {"read/file", REGULAR, NULL, NULL, call_read, NULL},
    {"__read_chk/stream", STREAM, NULL, comes, call_read_chk, NULL},
    {"write/stream", STREAM, NULL, NULL, call_write, taken},
    {"write/file", REGULAR, NULL, NULL, call_write, NULL},
    {"readv/stream", STREAM, NULL, comes, call_readv, NULL},
    {"writev/stream", STREAM, NULL, NULL, call_writev, taken},
    {"preadv2/stream", STREAM, NULL, comes, call_preadv2, NULL},
    {"preadv64v2/stream", STREAM, NULL, comes, call_preadv64v2, NULL},
    {"pwritev2/stream", STREAM, NULL, NULL, call_pwritev2, taken},
    {"pwritev64v2/stream", STREAM, NULL, NULL, call_pwritev64v2, taken},
    {"sendfile/stream", STREAM, NULL, source, call_sendfile, taken_and_close},
    {"sendfile64/stream", STREAM, NULL, source, call_sendfile64, taken_and_close},
    {"splice/stream", STREAM, NULL, full_pipe, call_splice, taken_and_close},
    {"shutdown/stream", LISTENER, NULL, connected_copy, call_shutdown, accept_and_close},
    {"close/stream", STREAM, NULL, copy, call_close, NULL},
    {"close/widened-ipv6", FROM6, NULL, copy, call_close, NULL},
    {"close/file", REGULAR, NULL, copy, call_close, NULL},
    {"dup/stream", STREAM, NULL, NULL, call_dup, close_spare},
    {"fcntl/stream", STREAM, NULL, NULL, call_fcntl, NULL},
    {"fcntl/copy", STREAM, NULL, NULL, call_fcntl_dupfd, close_spare},
    {"fcntl64/stream", STREAM, NULL, NULL, call_fcntl64, NULL},
    {"dup2/stream", STREAM, NULL, NULL, call_dup2, NULL},
    {"dup3/stream", STREAM, NULL, NULL, call_dup3, NULL},
    {"close_range/none", NOTHING, NULL, NULL, call_close_range, NULL},
    {"closefrom/none", NOTHING, NULL, NULL, call_closefrom, NULL},
    {"sendto/stream", STREAM, NULL, NULL, call_sendto_stream, taken},
    {"sendto/other", UDP, NULL, to_shown, call_sendto, taken},
    {"sendto/widened-ipv4", UDP4, NULL, to_shown, call_sendto, taken},
    {"sendmsg/stream", STREAM, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/other", UDP, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv4", UDP4, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv4-control", UDP4, NULL, message_out_control, call_sendmsg, taken},
    {"sendmmsg/other", UDP, NULL, message_out, call_sendmmsg, many_taken},
    {"sendmmsg/widened-ipv4", UDP4, NULL, message_out, call_sendmmsg, many_taken},
    {"recvfrom/stream", STREAM, NULL, comes, call_recvfrom, NULL},
    {"recvfrom/other", UDP, NULL, comes, call_recvfrom, NULL},
    {"recvfrom/widened-ipv4", UDP4, NULL, comes, call_recvfrom, NULL},
    {"recvmsg/stream", STREAM, NULL, message_in, call_recvmsg, NULL},
    {"recvmsg/other", UDP, NULL, message_in, call_recvmsg, NULL},
    {"recvmsg/widened-ipv4", UDP4, NULL, message_in, call_recvmsg, NULL},
    {"recvmmsg/other", UDP, NULL, many_in, call_recvmmsg, NULL},
    {"recvmmsg/widened-ipv4", UDP4, NULL, many_in, call_recvmmsg, NULL},
    {"recvmsg/widened-ipv4-control", UDP4, NULL, message_in_control, call_recvmsg, NULL},
    {"inet_ntop/ipv4", NOTHING, "192.0.2.1", parse, call_inet_ntop, NULL},
    {"inet_ntop/ipv6", NOTHING, "2001:db8::77", parse, call_inet_ntop6, NULL},
    {"__inet_ntop_chk/ipv4", NOTHING, "192.0.2.1", parse, call_inet_ntop_chk, NULL},
    {"inet_pton/ipv4", NOTHING, "192.0.2.1", NULL, call_inet_pton, NULL},
    {"__inet_pton_chk/ipv4", NOTHING, "192.0.2.1", NULL, call_inet_pton_chk, NULL},
    {"inet_aton/ipv4", NOTHING, "192.0.2.1", NULL, call_inet_aton, NULL},
    {"inet_addr/ipv4", NOTHING, "192.0.2.1", NULL, call_inet_addr, NULL},
    {"getnameinfo/ipv4", NOTHING, "192.0.2.1", parse, call_getnameinfo, NULL},
    {"gethostbyaddr/ipv4", NOTHING, "127.0.0.1", parse, call_gethostbyaddr, NULL},
    {"gethostbyaddr_r/ipv4", NOTHING, "127.0.0.1", parse, call_gethostbyaddr_r, NULL},
    {"getaddrinfo/address", NOTHING, "192.0.2.1", NULL, call_getaddrinfo, free_list},
    {"gethostbyname/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname, NULL},
    {"gethostbyname2/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname2, NULL},
    {"gethostbyname_r/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname_r, NULL},
    {"gethostbyname2_r/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname2_r, NULL},
#ifdef __GLIBC__
    {"getaddrinfo_a/none", NOTHING, NULL, NULL, call_getaddrinfo_a, NULL},
    {"gai_suspend/none", NOTHING, NULL, NULL, call_gai_suspend, NULL},
    {"gai_cancel/done", NOTHING, NULL, NULL, call_gai_cancel, NULL},
#endif
    {"execve/none", NOTHING, NULL, NULL, call_execve, NULL},
    {"execve/cleaned", NOTHING, NULL, cleaned, call_execve, as_it_was},
    {"execve/inherits", LISTENER6, NULL, inherited, call_execve, not_inherited},
    {"execvpe/none", NOTHING, NULL, NULL, call_execvpe, NULL},
    {"fexecve/none", REGULAR, NULL, NULL, call_fexecve, NULL},
    {"execveat/none", NOTHING, NULL, NULL, call_execveat, NULL},
    {"posix_spawn/none", NOTHING, NULL, NULL, call_posix_spawn, reap},
    {"posix_spawn/inherits", LISTENER6, NULL, inherited, call_posix_spawn, not_inherited_and_reap},
    {"posix_spawnp/none", NOTHING, NULL, NULL, call_posix_spawnp, reap},
    {"execv/none", NOTHING, NULL, NULL, call_execv, NULL},
    {"execvp/none", NOTHING, NULL, NULL, call_execvp, NULL},
    {"execl/none", NOTHING, NULL, NULL, call_execl, NULL},
    {"execlp/none", NOTHING, NULL, NULL, call_execlp, NULL},
    {"execle/none", NOTHING, NULL, NULL, call_execle, NULL},
    {"dlopen/program", NOTHING, NULL, NULL, call_dlopen, NULL},
    {"getaddrinfo/name", NOTHING, "both.example", NULL, call_getaddrinfo, free_list},
    {"connect/name", LISTENER6, "both.example", new_client_of_name, call_connect, accept_and_close},
    {"poll/after-lookup", STREAM, NULL, waits, call_poll, NULL},
    {"epoll_wait/after-lookup", STREAM, NULL, registered, call_epoll_wait, close_set},
    {"recv/after-lookup", STREAM, NULL, comes, call_recv, NULL},
    /* From here on, options that nobody here has set are asked for, too. */
    {"pidfd_getfd/stream", STREAM, NULL, this_process, call_pidfd_getfd, close_both},
};

static const char *const interposed[] = {
#define HOOK(type, name, params) #name,
#include "hooks/hooks.def"
};

enum { ROWS = sizeof rows / sizeof *rows, INTERPOSED = sizeof interposed / sizeof *interposed };

static bool has_row(const char *function)
{
	size_t size = strlen(function);

	for (int i = 0; i < ROWS; i++)
		if (strncmp(rows[i].name, function, size) == 0 && rows[i].name[size] == '/')
			return true;
	return false;
}

static void all_have_rows(void)
{
	bool missing = false;

	for (int i = 0; i < INTERPOSED; i++) {
		if (has_row(interposed[i]))
			continue;
		fprintf(stderr, "calls: %s() has no row\n", interposed[i]);
		missing = true;
	}
	if (missing)
		exit(1);
}

static void once(const struct row *row, bool measured, bool count)
{
	fd = things[which].fd;
	partner = things[which].partner;
	text = row->text;
	if (row->before)
		row->before();
	if (measured && count)
		syscall(SYS_write, -1, row->name, strlen(row->name));
	if (measured)
		CALLGRIND_TOGGLE_COLLECT;
	result = row->call();
	if (measured)
		CALLGRIND_TOGGLE_COLLECT;
	if (measured && count)
		syscall(SYS_write, -1, "", 0);
	/* Valgrind does not know the newest system calls; the library's own work is the same. */
	if (result < 0 && !(RUNNING_ON_VALGRIND && errno == ENOSYS))
		die(row->name);
	if (row->after)
		row->after();
}

int main(int argc, char **argv)
{
	bool count = argc == 3 && strcmp(argv[2], "count") == 0;

	if (argc < 2)
		return 2;
	all_have_rows();
	alarm(60);
	/* Some calls look at every descriptor. */
	syscall(SYS_close_range, STDERR_FILENO + 1, SPARE, 0);
	environment = environ;
	for (int i = 0; i < ROWS; i++) {
		which = rows[i].on;
		thing_make(which, strcmp(argv[1], "native") == 0);
		for (int n = 0; n <= CALLS; n++)
			once(&rows[i], n > 0, count);
		CALLGRIND_DUMP_STATS_AT(rows[i].name);
	}
	return 0;
}
