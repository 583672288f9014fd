/* The path of this library, for programs that are to be preloaded with it. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

#include <stdbool.h>

struct library {
	const char *file;  /* its absolute path; "" if unknown */
	const char *entry; /* its entry for LD_PRELOAD: the path, or with $LIB */
};

/* Filled by library_find(), which is called once, when the library is loaded; constant from then on. */
extern __attribute__((visibility("hidden"))) struct library library;
void library_find(void);

/* Finds the entry of PRELOAD (LD_PRELOAD's value, or NULL) whose $LIB or ${LIB} ld.so(8) expanded to get
 * FILE, an absolute path. A program of the other word size finds its own library by that entry. True: it is
 * in ENTRY, of PATH_MAX bytes; false: there is none. */
bool library_find_entry(const char *preload, const char *file, char *entry);

#endif
