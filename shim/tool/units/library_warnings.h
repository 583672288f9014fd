/* Does a service find the library, and may it read it? */
#ifndef DUALSTACK_LIBRARY_WARNINGS_H
#define DUALSTACK_LIBRARY_WARNINGS_H

#include "tool/units/service.h"

#include <stdbool.h>

/* The properties that are looked at. */
#define LIBRARY_PROPERTIES                                                                       \
	"ProtectHome,PrivateTmp,PrivateDevices,InaccessiblePaths,TemporaryFileSystem,BindPaths," \
	"BindReadOnlyPaths,RootDirectory,RootImage,User,DynamicUser"

/* Warns of what hides the file LIBRARY from SERVICE, which is one of a user's if USER. */
void library_warnings(const struct service *service, const char *library, bool user);

#endif
