/* buffers PORT: accepts connections in turn, with address buffers of every kind. Prints what accept(),
 * getpeername() and getsockname() do to them: result, length, and the bytes written. Ports are left out,
 * because they vary. */
#include "common.h"

#include <unistd.h>

/* The length that is claimed; the buffer has 64 bytes. */
static const int lengths[] = {0, 1, 2, 15, 16, 17, 28, 64, -1};
enum { NO_LENGTH = 1000, NO_ADDRESS, BAD_FD };

static void print(const char *call, int given, int result, const unsigned char *bytes, socklen_t len)
{
	printf("%s, %d: %s length %d", call, given, error_name(result < 0 ? errno : 0), (int)len);
	for (int i = 0; i < 64; i++)
		if (bytes[i] != 0xee && i != 2 && i != 3)
			printf(" %d:%02x", i, bytes[i]);
	printf("\n");
}

static int call(int which, int fd, unsigned char *bytes, socklen_t *len)
{
	struct sockaddr *addr = (struct sockaddr *)(void *)bytes;

	if (which == 0)
		return accept(fd, addr, len);
	return which == 1 ? getpeername(fd, addr, len) : getsockname(fd, addr, len);
}

static void look(int which, int fd, int given)
{
	static const char *const names[] = {"accept", "getpeername", "getsockname"};
	_Alignas(8) unsigned char bytes[64];
	socklen_t len = given >= NO_LENGTH ? sizeof bytes : (socklen_t)given;
	int result;

	memset(bytes, 0xee, sizeof bytes);
	errno = 0;
	result = call(which, given == BAD_FD ? 999 : fd, given == NO_ADDRESS ? NULL : bytes,
		      given == NO_LENGTH ? NULL : &len);
	print(names[which], given, result, bytes, len);
	if (which == 0 && result >= 0) {
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
			look(1, result, lengths[i]);
			look(2, result, lengths[i]);
		}
		look(1, result, NO_LENGTH);
		look(2, result, NO_LENGTH);
		look(1, result, BAD_FD);
		close(result);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2)
		die("buffers PORT");
	any.sin_port = htons((in_port_t)atoi(argv[1]));
	if (bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, 100))
		die("buffers");
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		look(0, listener, lengths[i]);
	look(0, listener, NO_LENGTH);
	look(0, listener, NO_ADDRESS);
	look(0, listener, BAD_FD);
	look(1, listener, 16);
	look(2, listener, 16);
	printf("done\n");
	return 0;
}
