/* races CASE: uses a socket in another thread or process while it is replaced or narrowed.
 *   accept    a thread waits in accept() on 0.0.0.0:5000 while the program binds an IPv6 socket to the port
 *   receive   a thread waits in recvfrom() on a client socket while another sends from it to an IPv6 peer
 *   bind      a thread waits in recvfrom() on a socket that another then binds to 0.0.0.0:5000
 *   send      two threads send from a fresh socket to an IPv6 peer at the same time, many times
 *   stop      a thread waits in accept(); the listener is closed, and the next one has its number
 *   fork      a child waits in recvfrom() on 0.0.0.0:5000 while the parent binds an IPv6 socket to the port
 *   cancel    a thread that is to be cancelled narrows 0.0.0.0:5000, which is no cancellation point
 *   sandbox   getsockopt() is forbidden after the server is bound; then a client asks over IPv4
 *   sandbox-in6  likewise over TCP, and only getsockopt() of IPPROTO_IPV6 is forbidden
 * The IPv6 peer is one that has sent to 0.0.0.0:5001. Prints what each saw. */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_accept /* i386 */
#define SYS_accept SYS_accept4
#endif

static int fd;
static struct sockaddr_in peer;
static _Atomic pid_t waiting;

static int bound(int family, int type, in_port_t port)
{
	union address any;
	int s = socket(family, type, 0), on = 1;

	memset(&any, 0, sizeof any);
	any.any.sa_family = (sa_family_t)family;
	any.in.sin_port = htons(port);
	if (type == SOCK_STREAM)
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (family == AF_INET6)
		setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(s, &any.any, family == AF_INET6 ? sizeof any.in6 : sizeof any.in))
		printf("bind family %d: %s\n", family, error_name(errno));
	return s;
}

/* Waits until the thread or process TID is in the system call NUMBER (proc(5)). A widened socket's recvfrom()
 * is a recvmsg(). */
static void until_inside(pid_t tid, long number)
{
	char path[64], text[32];

	snprintf(path, sizeof path, "/proc/%d/syscall", (int)tid);
	for (int i = 0; i < 1000; i++) {
		int f = open(path, O_RDONLY);
		ssize_t n = read(f, text, sizeof text - 1);

		close(f);
		text[n > 0 ? n : 0] = '\0';
		if (n > 0 && (atol(text) == number || (number == SYS_recvfrom && atol(text) == SYS_recvmsg)))
			return;
#ifdef SYS_socketcall
		/* i386: glibc for kernels before Linux 4.3 has one call for all. */
		if (n > 0 && atol(text) == SYS_socketcall)
			return;
#endif
		poll(NULL, 0, 10);
	}
	die("nobody waits");
}

static void *accepting(void *unused)
{
	waiting = (pid_t)syscall(SYS_gettid);
	int s = accept(fd, NULL, NULL);

	printf("accept: %s\n", error_name(s < 0 ? errno : 0));
	return unused;
}

static void case_accept(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	pthread_t thread;

	fd = bound(AF_INET, SOCK_STREAM, 5000);
	listen(fd, 5);
	pthread_create(&thread, NULL, accepting, NULL);
	while (!waiting)
		poll(NULL, 0, 1);
	until_inside(waiting, SYS_accept);
	printf("listen on IPv6: %s\n", error_name(listen(bound(AF_INET6, SOCK_STREAM, 5000), 5) ? errno : 0));
	printf("connect: %s\n",
	       error_name(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to) ? errno
												      : 0));
	pthread_join(thread, NULL);
}

static int listener_at(in_port_t port)
{
	int s = bound(AF_INET, SOCK_STREAM, port);

	listen(s, 5);
	return s;
}

static void case_stop(void)
{
	union address to = {.in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
	pthread_t thread;
	cpu_set_t one;

	/* On one processor the thread runs again once this one waits. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
	for (int i = 0; i < 10; i++) {
		waiting = 0;
		fd = listener_at((in_port_t)(5000 + i));
		pthread_create(&thread, NULL, accepting, NULL);
		while (!waiting)
			poll(NULL, 0, 1);
		until_inside(waiting, SYS_accept);
		shutdown(fd, SHUT_RDWR);
		close(fd);
		fd = listener_at((in_port_t)(5001 + i));
		poll(NULL, 0, 10);
		/* It is let go if it waits still. */
		to.in.sin_port = htons((in_port_t)(5001 + i));
		connect(socket(AF_INET, SOCK_STREAM, 0), &to.any, sizeof to.in);
		pthread_join(thread, NULL);
		close(fd);
	}
}

/* Fills PEER with an IPv6 peer as shown to the program; natively, an IPv4 one. Returns its socket. */
static int meet_peer(void)
{
	union address to = {
	    .in6 = {.sin6_family = AF_INET6, .sin6_port = htons(5001), .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
	int server = bound(AF_INET, SOCK_DGRAM, 5001), s = socket(AF_INET6, SOCK_DGRAM, 0);
	socklen_t len = sizeof peer;
	char byte;

	if (sendto(s, "x", 1, 0, &to.any, sizeof to.in6) != 1 ||
	    recvfrom(server, &byte, 1, 0, (struct sockaddr *)&peer, &len) != 1)
		die("peer");
	return s;
}

static void *receiving(void *unused)
{
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	char data[16];

	waiting = (pid_t)syscall(SYS_gettid);
	ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &len);

	printf("recvfrom: %zd length %u from the peer: %s\n", n, (unsigned)len,
	       memcmp(&from, &peer, sizeof from) ? "no" : "yes");
	return unused;
}

static void case_receive(void)
{
	int s = meet_peer();
	union address from;
	socklen_t len = sizeof from;
	pthread_t thread;
	char byte;

	fd = bound(AF_INET, SOCK_DGRAM, 0);
	pthread_create(&thread, NULL, receiving, NULL);
	while (!waiting)
		poll(NULL, 0, 1);
	until_inside(waiting, SYS_recvfrom);
	printf("sendto: %zd\n", sendto(fd, "hello", 5, 0, (struct sockaddr *)&peer, sizeof peer));
	if (recvfrom(s, &byte, 1, 0, &from.any, &len) == 1)
		sendto(s, "answer", 6, 0, &from.any, len);
	pthread_join(thread, NULL);
}

static void case_bind(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000)};
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof peer;
	pthread_t thread;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_create(&thread, NULL, receiving, NULL);
	while (!waiting)
		poll(NULL, 0, 1);
	until_inside(waiting, SYS_recvfrom);
	if (bind(fd, (struct sockaddr *)&to, sizeof to))
		die("bind");
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(s, (struct sockaddr *)&to, sizeof to) || getsockname(s, (struct sockaddr *)&peer, &len))
		die("peer");
	printf("send: %zd\n", send(s, "hello", 5, 0));
	pthread_join(thread, NULL);
}

static pthread_barrier_t both;

static void *sending(void *failed)
{
	pthread_barrier_wait(&both);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&peer, sizeof peer) != 1)
		++*(_Atomic int *)failed;
	return NULL;
}

static void case_send(void)
{
	int s = meet_peer(), ports = 0;
	_Atomic int failed = 0;

	pthread_barrier_init(&both, NULL, 2);
	for (int round = 0; round < 200; round++) {
		pthread_t threads[2];
		in_port_t first = 0;

		fd = round % 2 ? bound(AF_INET, SOCK_DGRAM, 0) : socket(AF_INET, SOCK_DGRAM, 0);
		for (int i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, sending, &failed);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		for (int i = 0; i < 2; i++) {
			union address from;
			socklen_t len = sizeof from;
			char byte;

			if (recvfrom(s, &byte, 1, MSG_DONTWAIT, &from.any, &len) != 1)
				continue;
			ports += first && first != from.in6.sin6_port;
			first = from.in6.sin6_port;
		}
		close(fd);
	}
	/* Rarely, both look before either has replaced the socket; nothing is lost. */
	printf("%d sends failed, %s rounds from two ports\n", failed, ports > 10 ? "many" : "few");
}

static void case_fork(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	char data[16];
	pid_t child;

	fd = bound(AF_INET, SOCK_DGRAM, 5000);
	child = fork();
	if (child == 0) {
		struct sockaddr_in from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &len);

		printf("child: %zd length %u family %d\n", n, (unsigned)len, from.sin_family);
		exit(0);
	}
	until_inside(child, SYS_recvfrom);
	bound(AF_INET6, SOCK_DGRAM, 5000);
	sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&to, sizeof to);
	waitpid(child, NULL, 0);
}

static void *binds_cancelled(void *result)
{
	pthread_cancel(pthread_self());
	bound(AF_INET6, SOCK_DGRAM, 5000);
	*(int *)result = 1;
	pthread_testcancel();
	return NULL;
}

static void *sets_cancelled(void *result)
{
	int on = 1;

	pthread_cancel(pthread_self());
	*(int *)result = setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &on, sizeof on) == 0;
	pthread_testcancel();
	return NULL;
}

static void case_cancel(void)
{
	void *(*const calls[])(void *) = {binds_cancelled, sets_cancelled};
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		int result = 0;

		fd = bound(AF_INET, SOCK_DGRAM, 5000);
		pthread_create(&thread, NULL, calls[i], &result);
		pthread_join(thread, NULL);
		printf("%s: %s\n", i ? "setsockopt" : "bind", result ? "returned" : "did not return");
		close(fd);
	}
}

/* Forbids getsockopt(): of IPPROTO_IPV6, or of all levels. */
static void forbid_getsockopt(bool in6)
{
	const unsigned level =
	    offsetof(struct seccomp_data, args[1]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) * 4;
	struct sock_filter filter[] = {
	    {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
	    {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_getsockopt},
	    {BPF_LD | BPF_W | BPF_ABS, 0, 0, level},
	    {BPF_JMP | BPF_JEQ | BPF_K, 0, in6, IPPROTO_IPV6},
	    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
	    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
	};
	struct sock_fprog program = {6, filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

static void case_sandbox_in6(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in from;
	socklen_t len = sizeof from;

	fd = bound(AF_INET, SOCK_STREAM, 5000);
	listen(fd, 1);
	forbid_getsockopt(true);
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to) ||
	    accept(fd, (struct sockaddr *)&from, &len) < 0)
		die("sandbox-in6");
	printf("from %s family %d length %u\n", inet_ntoa(from.sin_addr), from.sin_family, (unsigned)len);
}

static void case_sandbox(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	char byte;

	fd = bound(AF_INET, SOCK_DGRAM, 5000);
	forbid_getsockopt(false);
	sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&to, sizeof to);
	recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &len);
	printf("from %s family %d length %u, answered: %zd\n", inet_ntoa(from.sin_addr), from.sin_family,
	       (unsigned)len, sendto(fd, "y", 1, 0, (struct sockaddr *)&from, len));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"accept", case_accept}, {"stop", case_stop},       {"receive", case_receive},
		     {"bind", case_bind},     {"send", case_send},       {"fork", case_fork},
		     {"cancel", case_cancel}, {"sandbox", case_sandbox}, {"sandbox-in6", case_sandbox_in6}};

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	die("races CASE");
}
