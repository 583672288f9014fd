/* Sockets that the program was started with: by socket activation (sd_listen_fds(3)), or as a server of
 * inetd(8)'s kind. */
#ifndef DUALSTACK_SOCKET_ACTIVATION_H
#define DUALSTACK_SOCKET_ACTIVATION_H

/* Marks (mark.h) the dual-stack AF_INET6 sockets among descriptor 0 and those that LISTEN_FDS and LISTEN_PID
 * announce, so that the program sees AF_INET. The mark stays with the socket, which the service manager
 * keeps. Called once, when the library is loaded, where the configuration asks for it; errno left alone. */
void activation_mark_sockets(void);

/* Marks CONNECTION, accepted from LISTENER, if that is marked: it may be older than the listener's mark, as
 * the first connections are that a service is started for. Any thread, async-signal-safe, errno left alone.
 */
void activation_mark_connection(int listener, int connection);

#endif
