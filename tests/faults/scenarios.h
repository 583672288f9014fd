/* The scenarios: what an IPv4-only program does, a file for each room of the library (server.c, client.c,
 * ...). Whom it talks to is played by system calls of the same process, which the library does not see: at
 * 192.0.2.1 and 2001:db8:1::1, which the host has. In /etc/hosts are "both", "six" and "four", with these
 * addresses. */
#ifndef TESTS_SCENARIOS_H
#define TESTS_SCENARIOS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "sweep.h"

#define IN "192.0.2.1"
#define IN6 "2001:db8:1::1"

/* For an address, in a program that knows IPv4 only and in one that does not. */
#define ROOM sizeof(struct sockaddr_in)
#define ROOM6 sizeof(struct sockaddr_in6)

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* ---- the others */

socklen_t address(const char *text, in_port_t at, union address *a);
int other_socket(int family, int type);
void other_close(int fd);

/* A client's connection to HOST, or -1 with errno. */
int other_connect(const char *host);

/* A server's socket, or the end of the process. */
int other_bound(const char *host, int type);
bool other_waits(int fd, int ms);

/* ---- what the program sees */

/* Of the addresses that the library makes up, only that they are. */
const char *text_of(const union address *a);

/* "LABEL TAIL", for a label that is there once for each of several. The process is short-lived. */
const char *with(const char *label, const char *tail);
void say_address(const char *label, long result, const union address *a, const socklen_t *len);
void close_it(const char *label, int fd);

/* ---- steps */

/* ROOM for an address: what a program of that family has. */
void converse(const char *how, int connection, int client, const socklen_t room);

/* A client comes to HOST, and LISTENER is to accept it. Returns whether that went on as it should. */
bool visit(const char *how, const char *host, int listener, const socklen_t room);
bool bind_to(const char *label, int fd, const char *host);
bool listen_on(const char *label, int fd);

/* The first of NAME's addresses, or false. */
bool look_up(const char *name, int type, union address *a);

/* A whole scenario, which a child process goes through as well. */
void tcp_server(void);

#endif
