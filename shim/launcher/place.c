#include "launcher/launcher.h"

/* Neither is set for the build directory, where library and tool are beside the launcher. */
#ifndef PLACE_DIRECTORY
#define PLACE_DIRECTORY ""
#define PLACE_LIB ""
#endif

const char place_directory[] = PLACE_DIRECTORY, place_lib[] = PLACE_LIB;
