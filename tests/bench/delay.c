/* delay DEVICE NETNS NETNS: makes a TUN device of that name in each of two network namespaces, and a wire
 * between them that is slow one way: packets from the first are held for the milliseconds in the low 16 bits
 * of their IPv6 destination; packets from the second pass at once. So a connection from the first to ::12c
 * takes 300 ms longer. Prints a line when both devices are there; ends when it is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Packets that can be held at a time; more are lost. */
enum { HELD = 256, LARGEST = 2048, HEADER = 40, DESTINATION = 24 };

static struct {
	char data[LARGEST];
	size_t size; /* 0: none */
	int64_t due;
} held[HELD];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* The device belongs to the namespace in which it was made. */
static int open_in(const char *netns, const char *device)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	char path[128];
	int ns, fd;

	snprintf(path, sizeof path, "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
		die(path);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		die("/dev/net/tun");
	return fd;
}

static void hold(int from)
{
	static char lost[LARGEST];
	int i = 0;
	ssize_t size;

	while (i < HELD && held[i].size)
		i++;
	size = read(from, i < HELD ? held[i].data : lost, LARGEST);
	if (i == HELD || size < HEADER || held[i].data[0] >> 4 != 6)
		return;
	held[i].size = (size_t)size;
	held[i].due = now_us() + 1000LL * ((unsigned char)held[i].data[DESTINATION + 14] << 8 |
					   (unsigned char)held[i].data[DESTINATION + 15]);
}

/* Passes on the packets that are due. Returns when the next one is, or -1. */
static int64_t release(int to)
{
	int64_t next = -1, now = now_us();

	for (int i = 0; i < HELD; i++) {
		if (held[i].size && held[i].due <= now) {
			(void)!write(to, held[i].data, held[i].size);
			held[i].size = 0;
		}
		if (held[i].size && (next < 0 || held[i].due < next))
			next = held[i].due;
	}
	return next;
}

static void pass(int from, int to)
{
	char data[LARGEST];
	ssize_t size = read(from, data, sizeof data);

	if (size > 0)
		(void)!write(to, data, (size_t)size);
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 4) {
		fprintf(stderr, "usage: delay DEVICE NETNS NETNS\n");
		return 2;
	}
	ends[0].fd = open_in(argv[2], argv[1]);
	ends[1].fd = open_in(argv[3], argv[1]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int64_t next = release(ends[1].fd), left = next < 0 ? -1 : next - now_us();
		struct timespec wait = {left / 1000000, left % 1000000 * 1000};

		if (left < 0)
			wait = (struct timespec){0, 0};
		if (ppoll(ends, 2, next < 0 ? NULL : &wait, NULL) < 0 && errno != EINTR)
			die("ppoll");
		if (ends[0].revents & POLLIN)
			hold(ends[0].fd);
		if (ends[1].revents & POLLIN)
			pass(ends[1].fd, ends[0].fd);
	}
}
