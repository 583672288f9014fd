/* steps STEP...: does the steps in order and prints what each gave, so that runs with and without the library
 * can be compared. Sockets are called a to z.
 *
 *   a=tcp4 | tcp6 | mptcp4 | udp4 | udp6   a socket
 *   a=dup:b  a=accept:b               another descriptor
 *   a.set:LEVEL:NAME:INT              setsockopt (ip, ipv6, socket, tcp or a number; NAME a number)
 *   a.get:LEVEL:NAME                  getsockopt
 *   a.reuseaddr a.reuseport a.v6only a.dual a.nonblock
 *   a.filter a.reuseport-bpf          attaches a classic BPF program that accepts all
 *   a.bind:ADDR/PORT a.connect:ADDR/PORT a.listen a.close a.name a.peer a.domain
 *   a.bind-unspec:0.0.0.0/PORT        bind() of AF_UNSPEC, as long as a sockaddr_storage
 *   a.join:GROUP a.disconnect         joins a multicast group; connect(AF_UNSPEC)
 *   a.ifaddr:NAME                     the IPv4 address of an interface (SIOCGIFADDR)
 *   a.ifdown:NAME                     takes an interface down, or an alias (SIOCSIFFLAGS)
 *   a.to:ADDR/PORT a.got              sends a datagram there; receives one, and prints its sender
 *   a.send a.error                    sends a byte; waits for an error, and prints it
 *   a.backlog                         the kernel's value of listen()'s argument
 *   a.register                        adds it to the epoll set, level-triggered
 *   wait                              one event of the epoll set: which socket, which events
 *   who:ADDR/PORT                     connects there; prints which listener accepts it, and from whom
 *   tell:ADDR/PORT                    sends a datagram there; prints which socket gets it, and from whom
 *   full | room                       uses up all descriptors; frees them
 *   until:FILE                        waits until FILE exists, ten seconds at most
 *   unshare                           moves to a network namespace of its own
 *   hold                              waits until it is ended
 *   sh:COMMAND                        runs COMMAND with PID set, prints what it prints
 */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int fds[26];
static int listening[26];
static int epoll_set = -1;

static void show(const char *step, int result)
{
	printf("%s %s\n", step, error_name(result < 0 ? errno : 0));
}

static int level_of(const char *text)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {
	    {"ip", IPPROTO_IP}, {"ipv6", IPPROTO_IPV6}, {"socket", SOL_SOCKET}, {"tcp", IPPROTO_TCP}};

	for (size_t i = 0; i < 4; i++)
		if (strncmp(text, levels[i].name, strlen(levels[i].name)) == 0 &&
		    text[strlen(levels[i].name)] == ':')
			return levels[i].level;
	return atoi(text);
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

static void make(const char *step, int *fd, const char *what)
{
	if (strcmp(what, "tcp4") == 0)
		*fd = socket(AF_INET, SOCK_STREAM, 0);
	else if (strcmp(what, "tcp6") == 0)
		*fd = socket(AF_INET6, SOCK_STREAM, 0);
	else if (strcmp(what, "mptcp4") == 0)
		*fd = socket(AF_INET, SOCK_STREAM, 262);
	else if (strcmp(what, "udp4") == 0)
		*fd = socket(AF_INET, SOCK_DGRAM, 0);
	else if (strcmp(what, "udp6") == 0)
		*fd = socket(AF_INET6, SOCK_DGRAM, 0);
	else if (strncmp(what, "dup:", 4) == 0)
		*fd = dup(fds[what[4] - 'a']);
	else if (strncmp(what, "accept:", 7) == 0)
		*fd = accept(fds[what[7] - 'a'], NULL, NULL);
	else
		die(step);
	show(step, *fd);
}

static void name(const char *step, int result, const union address *a, socklen_t len)
{
	if (result < 0)
		show(step, result);
	else
		printf("%s family %d length %u %s/%d\n", step, a->any.sa_family, (unsigned)len,
		       address_text(a), address_port(a));
}

static void attach(const char *step, int fd, int option)
{
	struct sock_filter accept_all = {.code = BPF_RET | BPF_K, .k = 0xffffffff};
	struct sock_fprog program = {1, &accept_all};

	show(step, setsockopt(fd, SOL_SOCKET, option, &program, sizeof program));
}

static void get(const char *step, int fd, const char *what)
{
	int value = 0;
	socklen_t len = sizeof value;
	int result = getsockopt(fd, level_of(what), atoi(strchr(what, ':') + 1), &value, &len);

	if (result < 0)
		show(step, result);
	else
		printf("%s %d\n", step, value);
}

static void on_socket(const char *step, int number, const char *what)
{
	int *fd = &fds[number], value = 0;
	union address a;
	socklen_t len = sizeof a;
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)number};
	struct tcp_info info;
	const char *colon = strchr(what, ':');

	memset(&a, 0, sizeof a);
	if (strncmp(what, "set:", 4) == 0) {
		const char *option = strchr(what + 4, ':') + 1;

		show(step, set(*fd, level_of(what + 4), atoi(option), atoi(strchr(option, ':') + 1)));
	} else if (strncmp(what, "get:", 4) == 0) {
		get(step, *fd, what + 4);
	} else if (strcmp(what, "reuseaddr") == 0) {
		show(step, set(*fd, SOL_SOCKET, SO_REUSEADDR, 1));
	} else if (strcmp(what, "reuseport") == 0) {
		show(step, set(*fd, SOL_SOCKET, SO_REUSEPORT, 1));
	} else if (strcmp(what, "v6only") == 0 || strcmp(what, "dual") == 0) {
		show(step, set(*fd, IPPROTO_IPV6, IPV6_V6ONLY, *what == 'v'));
	} else if (strcmp(what, "nonblock") == 0) {
		show(step, fcntl(*fd, F_SETFL, O_NONBLOCK));
	} else if (strcmp(what, "filter") == 0) {
		attach(step, *fd, SO_ATTACH_FILTER);
	} else if (strcmp(what, "reuseport-bpf") == 0) {
		attach(step, *fd, 51); /* SO_ATTACH_REUSEPORT_CBPF */
	} else if (strncmp(what, "bind:", 5) == 0) {
		len = address_parse(colon + 1, &a);
		show(step, bind(*fd, &a.any, len));
	} else if (strncmp(what, "bind-unspec:", 12) == 0) {
		(void)address_parse(colon + 1, &a);
		a.any.sa_family = AF_UNSPEC;
		show(step, bind(*fd, &a.any, sizeof a));
	} else if (strncmp(what, "connect:", 8) == 0) {
		len = address_parse(colon + 1, &a);
		show(step, connect(*fd, &a.any, len));
	} else if (strcmp(what, "listen") == 0) {
		listening[number] = 1;
		show(step, listen(*fd, 17));
	} else if (strcmp(what, "backlog") == 0) {
		len = sizeof info;
		value = getsockopt(*fd, IPPROTO_TCP, TCP_INFO, &info, &len);
		printf("%s %d\n", step, value ? -1 : (int)info.tcpi_sacked);
	} else if (strcmp(what, "close") == 0) {
		show(step, close(*fd));
		*fd = -1;
		listening[number] = 0;
	} else if (strcmp(what, "name") == 0) {
		value = getsockname(*fd, &a.any, &len);
		name(step, value, &a, len);
	} else if (strcmp(what, "peer") == 0) {
		value = getpeername(*fd, &a.any, &len);
		name(step, value, &a, len);
	} else if (strcmp(what, "domain") == 0) {
		get(step, *fd, "socket:39");
	} else if (strncmp(what, "join:", 5) == 0) {
		struct ip_mreq group = {{inet_addr(colon + 1)}, {htonl(INADDR_ANY)}};

		show(step, setsockopt(*fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
	} else if (strcmp(what, "disconnect") == 0) {
		a.any.sa_family = AF_UNSPEC;
		show(step, connect(*fd, &a.any, sizeof a.in));
	} else if (strncmp(what, "ifaddr:", 7) == 0) {
		struct ifreq request = {.ifr_flags = 0};

		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", colon + 1);
		value = ioctl(*fd, SIOCGIFADDR, &request);
		memcpy(&a, &request.ifr_addr, sizeof a.in);
		printf("%s %s\n", step, value ? error_name(errno) : address_text(&a));
	} else if (strncmp(what, "ifdown:", 7) == 0) {
		struct ifreq request = {.ifr_flags = 0};

		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", colon + 1);
		show(step, ioctl(*fd, SIOCSIFFLAGS, &request));
	} else if (strncmp(what, "to:", 3) == 0) {
		len = address_parse(colon + 1, &a);
		show(step, (int)sendto(*fd, "x", 1, 0, &a.any, len));
	} else if (strcmp(what, "got") == 0) {
		struct pollfd wait = {.fd = *fd, .events = POLLIN};
		char byte;

		poll(&wait, 1, 5000);
		value = (int)recvfrom(*fd, &byte, 1, MSG_DONTWAIT, &a.any, &len);
		printf("%s %s/%d\n", step, value < 0 ? error_name(errno) : address_text(&a),
		       address_port(&a));
	} else if (strcmp(what, "send") == 0) {
		show(step, (int)send(*fd, "x", 1, 0));
	} else if (strcmp(what, "error") == 0) {
		struct pollfd wait = {.fd = *fd};

		/* POLLERR need not be asked for. */
		poll(&wait, 1, 5000);
		len = sizeof value;
		getsockopt(*fd, SOL_SOCKET, SO_ERROR, &value, &len);
		printf("%s %s\n", step, error_name(value));
	} else if (strcmp(what, "register") == 0) {
		if (epoll_set < 0)
			epoll_set = epoll_create1(EPOLL_CLOEXEC);
		show(step, epoll_ctl(epoll_set, EPOLL_CTL_ADD, *fd, &event));
	} else {
		die(step);
	}
}

/* The client is a new socket of the address's family. Its port varies, and is not printed. */
static void who(const char *step, const char *where)
{
	union address to, from;
	socklen_t len = address_parse(where, &to), size = sizeof from;
	int client = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0), accepted;
	struct pollfd wait = {.fd = client, .events = POLLOUT};
	int error = 0;
	socklen_t error_size = sizeof error;

	if (connect(client, &to.any, len) < 0 && errno != EINPROGRESS) {
		show(step, -1);
		close(client);
		return;
	}
	poll(&wait, 1, 5000);
	getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &error_size);
	if (error) {
		printf("%s %s\n", step, error_name(error));
		close(client);
		return;
	}
	for (int i = 0; i < 26; i++) {
		if (!listening[i])
			continue;
		wait = (struct pollfd){.fd = fds[i], .events = POLLIN};
		if (poll(&wait, 1, 0) != 1 || !(wait.revents & POLLIN))
			continue;
		accepted = accept(fds[i], &from.any, &size);
		if (accepted < 0)
			continue;
		printf("%s accepted by %c, family %d, %s\n", step, 'a' + i, from.any.sa_family,
		       address_text(&from));
		close(accepted);
		close(client);
		return;
	}
	printf("%s accepted by nobody here\n", step);
	close(client);
}

static void tell(const char *step, const char *where)
{
	union address to, from;
	socklen_t len = address_parse(where, &to);
	int client = socket(to.any.sa_family, SOCK_DGRAM, 0);
	struct pollfd wait[26];
	char byte;

	set(client, SOL_SOCKET, SO_BROADCAST, 1);

	if (sendto(client, "x", 1, 0, &to.any, len) < 0) {
		show(step, -1);
		close(client);
		return;
	}
	for (int i = 0; i < 26; i++)
		wait[i] = (struct pollfd){.fd = fds[i] ? fds[i] : -1, .events = POLLIN};
	/* Loopback delivers at once: a socket that has nothing by now gets nothing. */
	if (poll(wait, 26, 200) <= 0)
		printf("%s nobody here\n", step);
	for (int i = 0; i < 26; i++)
		if (wait[i].revents & POLLIN) {
			len = sizeof from;
			recvfrom(fds[i], &byte, 1, MSG_DONTWAIT, &from.any, &len);
			printf("%s got by %c, family %d, %s\n", step, 'a' + i, from.any.sa_family,
			       address_text(&from));
		}
	close(client);
}

static void wait_event(const char *step)
{
	struct epoll_event event;
	int n = epoll_wait(epoll_set, &event, 1, 5000);

	if (n == 1)
		printf("%s %c events %x\n", step, (int)('a' + event.data.u32), event.events);
	else
		printf("%s %d\n", step, n);
}

static void limit(const char *step, int full)
{
	static struct rlimit before;
	struct rlimit none;
	int next = open("/dev/null", O_RDONLY);

	close(next);
	if (full) {
		getrlimit(RLIMIT_NOFILE, &before);
		none = before;
		none.rlim_cur = (rlim_t)next;
		show(step, setrlimit(RLIMIT_NOFILE, &none));
	} else {
		show(step, setrlimit(RLIMIT_NOFILE, &before));
	}
}

static void wait_for_file(const char *name)
{
	const struct timespec moment = {0, 50000000};

	for (int i = 0; i < 200; i++) {
		if (access(name, F_OK) == 0)
			return;
		nanosleep(&moment, NULL);
	}
	die(name);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		const char *step = argv[i];

		if (step[1] == '=')
			make(step, &fds[step[0] - 'a'], step + 2);
		else if (step[1] == '.')
			on_socket(step, step[0] - 'a', step + 2);
		else if (strncmp(step, "who:", 4) == 0)
			who(step, step + 4);
		else if (strncmp(step, "tell:", 5) == 0)
			tell(step, step + 5);
		else if (strcmp(step, "wait") == 0)
			wait_event(step);
		else if (strcmp(step, "full") == 0 || strcmp(step, "room") == 0)
			limit(step, *step == 'f');
		else if (strncmp(step, "until:", 6) == 0)
			wait_for_file(step + 6);
		else if (strcmp(step, "unshare") == 0)
			show(step, unshare(CLONE_NEWNET));
		else if (strcmp(step, "hold") == 0)
			pause();
		else if (strncmp(step, "sh:", 3) == 0) {
			char pid[16];

			snprintf(pid, sizeof pid, "%d", (int)getpid());
			setenv("PID", pid, 1);
			if (system(step + 3) != 0)
				printf("%s failed\n", step);
		} else
			die(step);
	}
	return 0;
}
