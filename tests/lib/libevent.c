/* libevent NAME PORT: a bufferevent that connects to NAME in IPv4 and prints what the server says. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int status = 1;

static void on_read(struct bufferevent *b, void *arg)
{
	char text[512];
	size_t n;

	(void)arg;
	while ((n = bufferevent_read(b, text, sizeof text)) > 0)
		fwrite(text, 1, n, stdout);
}

static void on_event(struct bufferevent *b, short what, void *base)
{
	int dns = bufferevent_socket_get_dns_error(b);

	if (what & BEV_EVENT_CONNECTED) {
		status = 0;
		return;
	}
	if (what & BEV_EVENT_ERROR) {
		printf("error: %s\n",
		       dns ? evutil_gai_strerror(dns) : evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
		status = 1;
	}
	on_read(b, NULL);
	event_base_loopexit(base, NULL);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (argc != 3)
		return 2;
	bufferevent_setcb(b, on_read, NULL, on_event, base);
	bufferevent_enable(b, EV_READ | EV_WRITE);
	bufferevent_socket_connect_hostname(b, NULL, AF_INET, argv[1], atoi(argv[2]));
	event_base_dispatch(base);
	bufferevent_free(b);
	event_base_free(base);
	return status;
}
