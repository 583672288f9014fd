/* Where this library is, for programs that are to be preloaded with it. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

#include <stdbool.h>

struct library {
	const char *file;  /* its absolute path; "" if unknown */
	const char *entry; /* its entry for LD_PRELOAD: the path, or with $LIB */
};

/* library_find() is called once, when the library is loaded; it is constant from then on. */
extern __attribute__((visibility("hidden"))) struct library library;
void library_find(void);

/* Finds the entry of PRELOAD (LD_PRELOAD's value, or NULL) whose $LIB or ${LIB} ld.so(8) expanded to make
 * FILE, an absolute path: a program of the other word size finds its own library by it. True: it is in ENTRY,
 * which has PATH_MAX bytes; false: there is none. */
bool library_find_entry(const char *preload, const char *file, char *entry);

#endif
