/* Sockets that the program was started with, by socket activation (sd_listen_fds(3)) or by a server like
 * inetd(8). */
#ifndef DUALSTACK_SOCKET_ACTIVATION_H
#define DUALSTACK_SOCKET_ACTIVATION_H

/* Marks (mark.h) the dual-stack AF_INET6 sockets among descriptor 0 and those that LISTEN_FDS and LISTEN_PID
 * announce, so that the program sees AF_INET. The mark stays with the socket, which the service manager
 * keeps. Called once, when the library is loaded, if the configuration asks for it. Leaves errno alone. */
void activation_mark_sockets(void);

/* Says in the log if FD, which has come to the process as ORIGIN says ("was passed on"), is bound to 0.0.0.0:
 * it is IPv4's alone. Callable from any thread, async-signal-safe, leaves errno alone. */
void activation_log_plain(int fd, const char *origin);

/* Marks CONNECTION, accepted from LISTENER, if LISTENER is marked: the connections that a service is started
 * for are older than the listener's mark. Callable from any thread, async-signal-safe, leaves errno alone. */
void activation_mark_connection(int listener, int connection);

#endif
