/* storm_names hosts: prints the storms' names in the form of hosts(5).
 * storm_names serve: a server on port 7000, of both families, which tells each client the address that it has
 * connected to. */
#include "storm_names.h"

static void print_hosts(void)
{
	char text[INET6_ADDRSTRLEN];

	for (int n = 1; n <= STORM_NAMES; n++)
		for (int i = 0; i < STORM_ADDRESSES; i++)
			if (storm_address(n, i, text))
				printf("%s %s%d.storm\n", text, storm_sort(n)->name, n);
}

static void serve(void)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7000)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	signal(SIGPIPE, SIG_IGN);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (const struct sockaddr *)&any, sizeof any) || listen(listener, 4096))
		die("serve");
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		union address local;
		socklen_t len = sizeof local;
		const char *text;

		if (fd < 0)
			continue;
		getsockname(fd, &local.any, &len);
		text = address_text(&local);
		text += strncmp(text, "::ffff:", 7) == 0 ? 7 : 0;
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "hosts") == 0)
		print_hosts();
	else if (argc == 2 && strcmp(argv[1], "serve") == 0)
		serve();
	else
		die("storm_names hosts|serve");
	return 0;
}
