#include "rooted.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS = 40, /* as the kernel follows, path_resolution(7) */
	LARGEST = 16 << 20
};

/* OUT without its last component; at the root, itself. */
static void up(char *out)
{
	char *slash = strrchr(out, '/');

	if (slash)
		*slash = '\0';
}

/* Puts the link ROOT/OUT's target in front of what REST still holds, and takes OUT back to where the target
 * is seen from. */
static int follow(const char *link, char *out, char rest[PATH_MAX])
{
	char target[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t size = readlink(link, target, sizeof target);

	if (size < 0)
		return -errno;
	if (size >= (ssize_t)sizeof target)
		return -ENAMETOOLONG;
	target[size] = '\0';
	if (*target == '/')
		*out = '\0';
	else
		up(out);
	if (snprintf(joined, sizeof joined, "%s/%s", target, rest) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(rest, joined);
	return 0;
}

/* Takes the first component off REST. Returns its length; 0 when there is none. */
static size_t component(char rest[PATH_MAX], char name[PATH_MAX])
{
	size_t skipped = strspn(rest, "/"), size = strcspn(rest + skipped, "/");

	memcpy(name, rest + skipped, size);
	name[size] = '\0';
	memmove(rest, rest + skipped + size, strlen(rest + skipped + size) + 1);
	return size;
}

int rooted_resolve(const char *root, const char *path, bool last, char out[PATH_MAX])
{
	char rest[PATH_MAX], name[PATH_MAX], full[2 * PATH_MAX];
	int links = 0, failed;
	struct stat st;

	if (strlen(path) >= sizeof rest)
		return -ENAMETOOLONG;
	strcpy(rest, path);
	*out = '\0';
	while (component(rest, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			up(out);
			continue;
		}
		if (snprintf(full, sizeof full, "%s/%s", out, name) >= PATH_MAX)
			return -ENAMETOOLONG;
		strcpy(out, full);
		if (snprintf(full, sizeof full, "%s%s", root, out) >= PATH_MAX)
			return -ENAMETOOLONG;
		if (lstat(full, &st) < 0) {
			if (errno != ENOENT && errno != ENOTDIR)
				return -errno;
			continue;
		}
		if (!S_ISLNK(st.st_mode) || (!last && !rest[strspn(rest, "/")]))
			continue;
		if (++links > LINKS)
			return -ELOOP;
		if ((failed = follow(full, out, rest)))
			return failed;
	}
	if (!*out)
		strcpy(out, "/");
	return 0;
}

int rooted_path(const char *root, const char *path, bool last, char out[PATH_MAX])
{
	char inside[PATH_MAX], full[2 * PATH_MAX];
	int failed = rooted_resolve(root, path, last, inside);

	if (failed)
		return failed;
	if (snprintf(full, sizeof full, "%s%s", root, inside) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(out, full);
	return 0;
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
	char full[PATH_MAX], *text;
	int fd, failed = rooted_path(root, path, true, full);

	if (failed) {
		errno = -failed;
		return NULL;
	}
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
