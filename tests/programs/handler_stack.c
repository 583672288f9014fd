/* handler_stack CALL: makes a call in a signal handler whose alternate stack has as little room as SIGSTKSZ
 * leaves beside a large signal frame, and prints the result. recvmmsg  eight messages, with a KiB of control
 * messages each bind      of a socket that is in an epoll set, in a process that has copied descriptors
 *   listen    the same, of a socket that is not bound */
#define _GNU_SOURCE
#include "common.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { MESSAGES = 8, ROOM = 4800, GUARD = 1 << 16 };

static int datagrams, stream, result;
static const char *call;
static struct mmsghdr messages[MESSAGES];
static struct iovec pieces[MESSAGES];
static char data[MESSAGES], controls[MESSAGES][1024];
static union address names[MESSAGES], any = {.in = {.sin_family = AF_INET}};

static void handler(int number)
{
	(void)number;
	if (*call == 'r')
		result = recvmmsg(datagrams, messages, MESSAGES, MSG_DONTWAIT, NULL);
	else if (*call == 'b')
		result = bind(stream, &any.any, sizeof any.in);
	else
		result = listen(stream, 1);
}

/* SIZE bytes, and below them those that must not be touched. */
static void use_stack(size_t size)
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	char *at = mmap(NULL, GUARD + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const stack_t stack = {.ss_sp = at + GUARD, .ss_size = size};

	if (at == MAP_FAILED || mprotect(at + GUARD, size, PROT_READ | PROT_WRITE) ||
	    sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
		die("sigaltstack");
}

static void fill(void)
{
	union address to = any;
	socklen_t len = sizeof to;
	int on = 1, peer = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(datagrams, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	if (bind(datagrams, &any.any, sizeof any.in) || getsockname(datagrams, &to.any, &len))
		die("bind");
	to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < MESSAGES; i++) {
		pieces[i] = (struct iovec){&data[i], 1};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
						      .msg_namelen = sizeof names[i].in,
						      .msg_iov = &pieces[i],
						      .msg_iovlen = 1,
						      .msg_control = controls[i],
						      .msg_controllen = sizeof controls[i]};
		if (sendto(peer, "x", 1, 0, &to.any, len) != 1)
			die("sendto");
	}
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(0);
	unsigned long frame = getauxval(AT_MINSIGSTKSZ);

	if (argc != 2)
		die("handler_stack CALL");
	call = argv[1];
	datagrams = socket(AF_INET, SOCK_DGRAM, 0);
	stream = socket(AF_INET, SOCK_STREAM, 0);
	any.in.sin_port = htons(5000);
	fill();
	any.in.sin_port = htons(5001);
	if (epoll_ctl(set, EPOLL_CTL_ADD, stream, &event) || dup(stream) < 0 || dup(set) < 0)
		die("epoll_ctl");
	use_stack((frame ? frame : 2048) + ROOM);
	raise(SIGUSR1);
	printf("%s %d\n", call, result);
	return 0;
}
