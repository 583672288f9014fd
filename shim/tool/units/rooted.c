#define _GNU_SOURCE
#include "tool/units/rooted.h"

#include "tool/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/openat2.h, which is of Linux 5.6. */
#ifndef SYS_openat2
#define SYS_openat2 437 /* everywhere but on alpha */
#endif
struct open_how_1 {
	uint64_t flags, mode, resolve;
};
enum { IN_ROOT = 0x10 /* RESOLVE_IN_ROOT */ };

enum { LARGEST = 16 << 20 };

int rooted_open(const char *root, const char *path, int flags)
{
	struct open_how_1 how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = IN_ROOT};
	int directory, fd, failed;

	if (!*root)
		return open(path, flags | O_CLOEXEC);
	directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
	failed = errno;
	close(directory);
	errno = failed;
	return fd;
}

/* The path by which the kernel knows FD, which is closed. */
static const char *path_of(int fd)
{
	char link[32], path[PATH_MAX];
	ssize_t size;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof path);
	close(fd);
	if (size == (ssize_t)sizeof path)
		errno = ENAMETOOLONG;
	return size < 0 || size == (ssize_t)sizeof path ? NULL : keep_copy(path, (size_t)size);
}

const char *rooted_path(const char *root, const char *path)
{
	int fd = rooted_open(root, path, O_PATH);
	const char *slash = strrchr(path, '/'), *parent, *full;
	struct stat st;

	if (fd >= 0)
		return path_of(fd);
	if (errno != ENOENT || !slash || !slash[1])
		return NULL;
	parent = rooted_path(root, slash == path ? "/" : keep_copy(path, (size_t)(slash - path)));
	if (!parent)
		return NULL;
	full = keep_format("%s%s", strcmp(parent, "/") == 0 ? "" : parent, slash);
	/* A link that leads nowhere must not be followed outside of the root by who writes there. */
	if (lstat(full, &st) == 0) {
		errno = ENOENT;
		return NULL;
	}
	return errno == ENOENT ? full : NULL;
}

static char *contents(int fd, size_t *size)
{
	struct stat st;
	char *text;
	ssize_t got;

	*size = 0;
	if (fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode))
		return keep(1);
	if (st.st_size > LARGEST) {
		errno = EFBIG;
		return NULL;
	}
	text = keep((size_t)st.st_size + 1);
	while ((got = read(fd, text + *size, (size_t)st.st_size - *size)) > 0)
		*size += (size_t)got;
	return got < 0 ? NULL : text;
}

char *rooted_read(const char *root, const char *path, size_t *size)
{
	/* O_NONBLOCK: a FIFO would wait for who writes into it. */
	int fd = rooted_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY), failed;
	char *text;

	if (fd < 0)
		return NULL;
	text = contents(fd, size);
	failed = errno;
	close(fd);
	errno = failed;
	return text;
}
