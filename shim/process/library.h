/* Where this library lies, for programs that are to be preloaded with it. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

#include <stdbool.h>

struct library {
	const char *file;  /* its absolute path; "" where unknown */
	const char *entry; /* as LD_PRELOAD is to name it: the path, or with $LIB */
};

/* Constant once library_find() has returned, which is called once, when the library is loaded. */
extern __attribute__((visibility("hidden"))) struct library library;
void library_find(void);

/* The entry of PRELOAD (LD_PRELOAD's value, or NULL) that ld.so(8) made FILE, an absolute path, from by
 * expanding $LIB or ${LIB}: an heir of the other word size finds its own library by it. False: there is
 * none; true: it is in ENTRY, which has PATH_MAX bytes. */
bool library_find_entry(const char *preload, const char *file, char *entry);

#endif
