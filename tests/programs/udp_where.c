/* udp_where 4|6 PORT: a native server of one family, which answers with the family and the peer. */
#include "common.h"

int main(int argc, char **argv)
{
	union address any, from;
	char answer[128], data[512];
	int on = 1, six = argc > 1 && *argv[1] == '6';
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

	if (argc != 3)
		die("udp_where 4|6 PORT");
	memset(&any, 0, sizeof any);
	any.any.sa_family = six ? AF_INET6 : AF_INET;
	any.in.sin_port = htons((in_port_t)atoi(argv[2]));
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, &any.any, six ? sizeof any.in6 : sizeof any.in))
		die("bind");
	for (;;) {
		socklen_t len = sizeof from;

		if (recvfrom(fd, data, sizeof data, 0, &from.any, &len) < 0)
			continue;
		snprintf(answer, sizeof answer, "over IPv%s from %s\n", argv[1], address_text(&from));
		sendto(fd, answer, strlen(answer), 0, &from.any, len);
	}
}
