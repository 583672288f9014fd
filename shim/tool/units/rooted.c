#include "tool/units/rooted.h"

#include "tool/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS = 40, /* as the kernel follows, path_resolution(7) */
	LARGEST = 16 << 20
};

/* PATH without its last component. */
static const char *above(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? keep_copy(path, (size_t)(slash - path)) : path;
}

/* What the link FULL leads to; NULL with errno set. */
static const char *target_of(const char *full)
{
	char target[PATH_MAX];
	ssize_t size = readlink(full, target, sizeof target);

	if (size == (ssize_t)sizeof target) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return size < 0 ? NULL : keep_copy(target, (size_t)size);
}

/* The component that REST begins with, which is moved behind it and its slashes; NULL when there is none. */
static const char *component(const char **rest)
{
	const char *start = *rest + strspn(*rest, "/");
	size_t size = strcspn(start, "/");

	*rest = start + size + strspn(start + size, "/");
	return size ? keep_copy(start, size) : NULL;
}

const char *rooted_resolve(const char *root, const char *path, bool last)
{
	const char *out = "", *rest = path, *name;
	int links = 0;

	while ((name = component(&rest))) {
		const char *next = keep_format("%s/%s", out, name), *target;
		const char *full = keep_format("%s%s", root, next);
		struct stat st;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			out = above(out);
			continue;
		}
		if (lstat(full, &st) < 0) {
			if (errno != ENOENT && errno != ENOTDIR)
				return NULL;
			out = next;
			continue;
		}
		if (!S_ISLNK(st.st_mode) || (!last && !*rest)) {
			out = next;
			continue;
		}
		if (++links > LINKS) {
			errno = ELOOP;
			return NULL;
		}
		/* A relative target is seen from where the link is. */
		if (!(target = target_of(full)))
			return NULL;
		rest = keep_format("%s/%s", target, rest);
		out = *target == '/' ? "" : out;
	}
	return *out ? out : "/";
}

const char *rooted_path(const char *root, const char *path, bool last)
{
	const char *inside = rooted_resolve(root, path, last);

	return inside ? keep_format("%s%s", root, inside) : NULL;
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
	while (*size < (size_t)st.st_size) {
		got = read(fd, text + *size, (size_t)st.st_size - *size);
		if (got < 0)
			return NULL;
		if (!got)
			break;
		*size += (size_t)got;
	}
	return text;
}

char *rooted_read(const char *root, const char *path, size_t *size)
{
	const char *full = rooted_path(root, path, true);
	char *text;
	int fd, failed;

	if (!full)
		return NULL;
	/* O_NONBLOCK: a FIFO would wait for who writes into it. */
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return NULL;
	text = contents(fd, size);
	failed = errno;
	close(fd);
	errno = failed;
	return text;
}
