/* lookups FAMILY NAME...: asks getaddrinfo() for the names in turn, those with a "+" before them in threads
 * of their own. Then connects to the last one's first address, port $PORT. Prints each result, and the family
 * over which the server was reached.
 *
 * lookups flags NAME: prints what getaddrinfo() gives for NAME with each combination of flags and hints. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>
#include <pthread.h>
#include <unistd.h>

static int family;

static void print(const struct addrinfo *list)
{
	for (; list; list = list->ai_next) {
		union address at;

		memcpy(&at, list->ai_addr, list->ai_addrlen);
		printf(" %s/%d type %d protocol %d flags %x length %u%s%s", address_text(&at),
		       address_port(&at), list->ai_socktype, list->ai_protocol, (unsigned)list->ai_flags,
		       (unsigned)list->ai_addrlen, list->ai_canonname ? " " : "",
		       list->ai_canonname ? list->ai_canonname : "");
	}
}

static struct addrinfo *ask(const char *name)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(name, getenv("PORT"), &hints, &list);

	printf("%s %s\n", name, error ? gai_strerror(error) : "found");
	return error ? NULL : list;
}

static void *ask_in_thread(void *name)
{
	return ask(name);
}

static void flags(const char *name)
{
	static const int bits[] = {AI_PASSIVE,    AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV,
				   AI_ADDRCONFIG, AI_ALL,       AI_V4MAPPED};
	enum { BITS = sizeof bits / sizeof *bits };
	static const char *const services[] = {NULL, "80", "http", "nosuchservice"};
	static const int types[] = {0, SOCK_STREAM, SOCK_DGRAM};

	for (int mask = 0; mask < 1 << BITS; mask++)
		for (int s = 0; s < 4; s++)
			for (int t = 0; t < 3; t++) {
				struct addrinfo hints = {.ai_family = family, .ai_socktype = types[t]}, *list;
				int error;

				for (int i = 0; i < BITS; i++)
					hints.ai_flags |= mask & 1 << i ? bits[i] : 0;
				error = getaddrinfo(name, services[s], &hints, &list);
				printf("%x %s %d:", (unsigned)hints.ai_flags, services[s] ? services[s] : "-",
				       types[t]);
				if (error) {
					printf(" error %d\n", error);
					continue;
				}
				print(list);
				printf("\n");
				freeaddrinfo(list);
			}
}

static void connect_to(const struct addrinfo *list)
{
	int fd = socket(family, SOCK_STREAM, 0);
	char data[100];
	ssize_t n;

	if (connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
		printf("connect: %s\n", error_name(errno));
		return;
	}
	n = recv(fd, data, sizeof data, 0);
	printf("%.*s", n > 0 ? (int)n : 0, data);
	close(fd);
}

int main(int argc, char **argv)
{
	struct addrinfo *list = NULL;

	if (argc < 3)
		return 2;
	alarm(60);
	family = strstr(argv[1], "6") ? AF_INET6 : AF_INET;
	if (strncmp(argv[1], "flags", 5) == 0) {
		flags(argv[2]);
		return 0;
	}
	for (int i = 2; i < argc; i++) {
		void *found = NULL;
		pthread_t thread;

		if (*argv[i] == '+') {
			pthread_create(&thread, NULL, ask_in_thread, argv[i] + 1);
			pthread_join(thread, &found);
		} else {
			found = ask(argv[i]);
		}
		list = found;
	}
	if (list && getenv("PORT"))
		connect_to(list);
	return 0;
}
