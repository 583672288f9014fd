#include "launcher/launcher.h"

/* The build directory's have neither: there, library and tool lie beside the launcher. */
#ifndef PLACE_DIRECTORY
#define PLACE_DIRECTORY ""
#define PLACE_LIB ""
#endif

const char place_directory[] = PLACE_DIRECTORY, place_lib[] = PLACE_LIB;
