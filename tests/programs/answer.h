/* The line that a server sends to each client (serve.c). */
#ifndef TESTS_ANSWER_H
#define TESTS_ANSWER_H

#include "common.h"

#include <netdb.h>
#include <unistd.h>

/* Answers on FD and closes it. ACCEPTED is the address from accept(), or NULL. */
static inline void answer(int fd, const union address *accepted)
{
	union address peer, local;
	socklen_t peer_len = sizeof peer, local_len = sizeof local, len = sizeof(int);
	char roomy[INET6_ADDRSTRLEN] = "-", host[NI_MAXHOST] = "-";
	/* Not address_text()'s buffer, which a handler that answers others may overwrite. */
	char shown[3][INET6_ADDRSTRLEN] = {"-"};
	int domain = -1;

	memset(&peer, 0, sizeof peer);
	memset(&local, 0, sizeof local);
	getpeername(fd, &peer.any, &peer_len);
	getsockname(fd, &local.any, &local_len);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	inet_ntop(peer.any.sa_family, &peer.in.sin_addr, roomy, sizeof roomy);
	getnameinfo(&peer.any, peer_len, host, sizeof host, NULL, 0, NI_NUMERICHOST);
	if (accepted)
		address_into(accepted, shown[0]);
	address_into(&peer, shown[1]);
	address_into(&local, shown[2]);
	dprintf(fd, "accept %s peer %s length %u local %s domain %d ntop %s nameinfo %s\n", shown[0],
		shown[1], (unsigned)peer_len, shown[2], domain, roomy, host);
	close(fd);
}

static inline int accept_one(int listener, union address *from)
{
	socklen_t len = sizeof from->in;

	return accept(listener, &from->any, &len);
}

#endif
