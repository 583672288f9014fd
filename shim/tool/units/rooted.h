/* Files of a system whose root directory is another than this process's: paths are taken, and symbolic links
 * followed, as after chroot(2), so that neither leads out of it.
 *
 * ROOT is a directory without a slash at its end; "" is this system. PATH is absolute. */
#ifndef DUALSTACK_ROOTED_H
#define DUALSTACK_ROOTED_H

#include <stdbool.h>
#include <stddef.h>

/* The path that PATH is when all links are followed, the last component's only if LAST. It is absolute and
 * begins behind ROOT. Components that do not exist stay as they are. NULL with errno set: ELOOP, ENAMETOOLONG
 * (the result has less than PATH_MAX bytes), or what lstat(2) says but ENOENT and ENOTDIR. Memory: keep.h. */
const char *rooted_resolve(const char *root, const char *path, bool last);

/* The same with ROOT in front, as the system that this process runs on knows the file. */
const char *rooted_path(const char *root, const char *path, bool last);

/* The contents of a file, with a 0 at the end, and in *SIZE how many bytes. /dev/null and other files that
 * are no regular ones are empty. NULL with errno set: ENOENT; EFBIG beyond 16 MiB. */
char *rooted_read(const char *root, const char *path, size_t *size);

#endif
