#include "tool/units/unit_values.h"
#include "tool/units/unit_warnings.h"
#include "tool/units/words.h"

#include <string.h>

static const char *const listeners[] = {"ListenStream", "ListenDatagram", "ListenSequentialPacket"};

/* Whether ADDRESS, of a listener, is a.b.c.d:port. */
static bool is_ipv4(const char *address)
{
	size_t size = strspn(address, "0123456789.");

	return address[size] == ':' && memchr(address, '.', size);
}

/* Whether LIST has an IPv6 address, or none at all, with the port of ADDRESS: then IPv6 is seen to. */
static bool has_twin(const struct texts *list, const char *address)
{
	const char *port = strrchr(address, ':') + 1;

	for (size_t i = 0; i < list->count; i++) {
		const char *one = list->at[i], *colon = strrchr(one, ':');

		if (!is_ipv4(one) && strcmp(colon ? colon + 1 : one, port) == 0)
			return true;
	}
	return false;
}

static void look_at(const struct unit *unit, const char *name, const char *file)
{
	struct unit socket = {.place = unit->place, .files = {.name = name, .file = file}};

	unit_find_dropins(&socket.place, &socket.files);
	unit_read(&socket);
	for (size_t i = 0; i < sizeof listeners / sizeof *listeners; i++) {
		struct texts list = unit_lines(&socket, "Socket", listeners[i]);

		for (size_t j = 0; j < list.count; j++)
			if (is_ipv4(list.at[j]) && !has_twin(&list, list.at[j]))
				unit_warn(unit, listeners[i], list.at[j],
					  "systemd binds it for %s, the library can't widen it; set it to "
					  "the port alone, "
					  "and DUALSTACK_PEER=synthetic in the service for a program that "
					  "knows IPv4 only",
					  name);
	}
}

/* Whether the unit itself asks for the socket NAME. */
static bool asked_for(const struct unit *unit, const char *name)
{
	static const char *const ways[] = {"Requires", "Wants", "BindsTo", "Requisite"};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct texts lines = unit_lines(unit, "Unit", ways[i]);

		for (size_t j = 0; j < lines.count; j++)
			if (word_in(lines.at[j], name))
				return true;
	}
	return false;
}

void unit_socket_warnings(const struct unit *unit)
{
	const char *name = unit->files.name, *at = strchr(name, '@');
	size_t size = at ? (size_t)(at - name) : strlen(name) - strlen(".service");
	const char *same = keep_format("%.*s.socket", (int)size, name);
	struct texts sockets = unit_words(unit, "Sockets");

	if (unit_wanted(&unit->place, same) || asked_for(unit, same))
		texts_add(&sockets, same);
	for (size_t i = 0; i < sockets.count; i++) {
		const char *file =
		    strchr(sockets.at[i], '/') ? NULL : unit_file_of(&unit->place, sockets.at[i]);
		size_t before = 0;

		while (strcmp(sockets.at[before], sockets.at[i]) != 0)
			before++;
		if (file && before == i)
			look_at(unit, sockets.at[i], file);
	}
}
