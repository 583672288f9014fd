/* Sockets that the program was started with, by socket activation (sd_listen_fds(3)) or by a server like
 * inetd(8). */
#ifndef DUALSTACK_SOCKET_ACTIVATION_H
#define DUALSTACK_SOCKET_ACTIVATION_H

/* Marks (mark.h) the dual-stack AF_INET6 sockets among descriptor 0 and those that LISTEN_FDS and LISTEN_PID
 * announce, so that the program sees AF_INET. The service manager keeps the socket, and with it the mark.
 * Called once, when the library is loaded, if the configuration asks for it. Leaves errno alone. */
void activation_mark_sockets(void);

/* FD has come from another process, which may have set options on it and may still have it. If it is bound to
 * 0.0.0.0, logs that it serves IPv4 alone; ORIGIN says how it came ("was passed on"). Returns its domain, or
 * -1 if it is no socket. Callable from any thread, async-signal-safe; errno is undefined afterwards. */
int activation_take(int fd, const char *origin);

/* Marks CONNECTION, accepted from LISTENER, if LISTENER is marked. The connection that a service is started
 * for is older than the listener's mark. Callable from any thread, async-signal-safe, leaves errno alone. */
void activation_mark_connection(int listener, int connection);

#endif
