/* Files of a system whose root directory is ROOT: paths are taken, and symbolic links followed, as after
 * chroot(2), so that neither leads out of it. The kernel does that: openat2(2), RESOLVE_IN_ROOT, Linux 5.6.
 *
 * ROOT is a directory without a slash at its end; "" is this system. PATH is absolute. Memory: keep.h. */
#ifndef DUALSTACK_ROOTED_H
#define DUALSTACK_ROOTED_H

#include <stddef.h>

/* As open(2) with O_CLOEXEC, but for new files: a descriptor, or -1 with errno set. */
int rooted_open(const char *root, const char *path, int flags);

/* PATH as this system knows it: with ROOT in front, and without symbolic links. The last components may be
 * missing. NULL with errno set, ENOENT for a symbolic link to nothing. */
const char *rooted_path(const char *root, const char *path);

/* The contents of a file, with a 0 at the end, and in *SIZE how many bytes. Anything but a regular file is
 * empty, such as /dev/null. NULL with errno set; EFBIG beyond 16 MiB. */
char *rooted_read(const char *root, const char *path, size_t *size);

#endif
