#define _GNU_SOURCE
#include "socket/inherited.h"

#include <errno.h>
#include <fcntl.h>

#include "base/sys.h"
#include "socket/descriptors.h"
#include "socket/mark.h"

static int is_inherited(int fd, void *arg)
{
	const bool *cloexec_too = arg;
	int flags = sys_fcntl(fd, F_GETFD, 0);

	/* If a descriptor's flags can't be read, it counts as inherited and marked. */
	if (flags < 0 ? errno == EBADF : !*cloexec_too && flags & FD_CLOEXEC)
		return 0;
	return mark_test(fd) != MARK_NONE || mark_hidden(fd);
}

bool inherited_marked(bool cloexec_too)
{
	int saved = errno;
	bool result = descriptors_each(is_inherited, &cloexec_too) != 0;

	errno = saved;
	return result;
}
