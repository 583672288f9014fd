/* Shared by the test programs: addresses as "127.0.0.1/80" or "::1/80", errors by name. */
#ifndef TESTS_COMMON_H
#define TESTS_COMMON_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

static inline int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Parses ADDR/PORT; returns the length for bind() and connect(). */
static inline socklen_t address_parse(const char *text, union address *a)
{
	char host[80];
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= sizeof host) {
		fprintf(stderr, "%s: not ADDRESS/PORT\n", text);
		exit(2);
	}
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	memset(a, 0, sizeof *a);
	in_port_t port = htons((in_port_t)atoi(slash + 1));

	if (inet_pton(AF_INET, host, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = port;
		return sizeof a->in;
	}
	if (inet_pton(AF_INET6, host, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = port;
		return sizeof a->in6;
	}
	fprintf(stderr, "%s: not an address\n", host);
	exit(2);
}

/* Prints the address alone into TO, of INET6_ADDRSTRLEN, as a program of that family does: AF_INET into 16
 * bytes. */
static inline void address_into(const union address *a, char *to)
{
	if (a->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, to, INET_ADDRSTRLEN);
	else if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, to, INET6_ADDRSTRLEN);
	else
		snprintf(to, INET6_ADDRSTRLEN, "family%d", a->any.sa_family);
}

static inline const char *address_text(const union address *a)
{
	static _Thread_local char text[16][INET6_ADDRSTRLEN];
	static _Thread_local int turn;
	char *to = text[turn++ % 16];

	address_into(a, to);
	return to;
}

static inline int address_port(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

static inline const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
	    {0, "ok"},
	    {EACCES, "EACCES"},
	    {EADDRINUSE, "EADDRINUSE"},
	    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	    {EAFNOSUPPORT, "EAFNOSUPPORT"},
	    {EAGAIN, "EAGAIN"},
	    {EBADF, "EBADF"},
	    {EBUSY, "EBUSY"},
	    {ECONNREFUSED, "ECONNREFUSED"},
	    {EDESTADDRREQ, "EDESTADDRREQ"},
	    {EFAULT, "EFAULT"},
	    {EHOSTUNREACH, "EHOSTUNREACH"},
	    {EINPROGRESS, "EINPROGRESS"},
	    {EINTR, "EINTR"},
	    {EINVAL, "EINVAL"},
	    {EISCONN, "EISCONN"},
	    {EMFILE, "EMFILE"},
	    {EMSGSIZE, "EMSGSIZE"},
	    {ENETUNREACH, "ENETUNREACH"},
	    {ENOPROTOOPT, "ENOPROTOOPT"},
	    {ENOTCONN, "ENOTCONN"},
	    {ENOTSOCK, "ENOTSOCK"},
	    {ENOTTY, "ENOTTY"},
	    {EOPNOTSUPP, "EOPNOTSUPP"},
	    {EPERM, "EPERM"},
	    {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	    {ETIMEDOUT, "ETIMEDOUT"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].error == error)
			return names[i].name;
	return strerror(error);
}

#endif
