/* The scenarios: what an IPv4-only program does, a file for each room of the library (server.c, client.c,
 * ...). Its peers are played by raw system calls of the same process, which the library does not see. They
 * are at 192.0.2.1 and 2001:db8:1::1, which the host has. /etc/hosts has "both", "six" and "four", with these
 * addresses. */
#ifndef TESTS_SCENARIOS_H
#define TESTS_SCENARIOS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "sweep.h"

#define IN "192.0.2.1"
#define IN6 "2001:db8:1::1"

/* Space for an address, in a program that knows IPv4 only and in one that knows both. */
#define SPACE sizeof(struct sockaddr_in)
#define SPACE6 sizeof(struct sockaddr_in6)

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* ---- the program's peers */

socklen_t address(const char *text, in_port_t at, union address *a);
int other_socket(int family, int type);
void other_close(int fd);

/* A client's connection to HOST, or -1 with errno. */
int other_connect(const char *host);

/* A server's socket; ends the process if there is none. */
int other_bound(const char *host, int type);
bool other_waits(int fd, int ms);

/* ---- what the program sees */

/* An address as text; "synthetic" for any synthetic one. */
const char *text_of(const union address *a);

/* "LABEL TAIL", for labels that occur several times. Never freed: the process is short-lived. */
const char *with(const char *label, const char *tail);
void say_address(const char *label, long result, const union address *a, const socklen_t *len);
void close_it(const char *label, int fd);

/* ---- steps of several scenarios */

/* SPACE: bytes for an address, in a program of that family. */
void converse(const char *how, int connection, int client, const socklen_t space);

/* A client connects to HOST, and LISTENER accepts it. False: the scenario can't go on. */
bool visit(const char *how, const char *host, int listener, const socklen_t space);
bool bind_to(const char *label, int fd, const char *host);
bool listen_on(const char *label, int fd);

/* Looks up NAME's first address; false if it has none. */
bool look_up(const char *name, int type, union address *a);

/* A whole scenario, also run by a child process. */
void tcp_server(void);

#endif
