/* The place of large tables. */
#ifndef DUALSTACK_LARGE_H
#define DUALSTACK_LARGE_H

/* For variables that are zero at first. The linker sorts sections by name (Makefile), so these come after all
 * small variables, and a process without sockets touches a page or two. A small variable between two tables
 * would cost another page. */
#define LARGE __attribute__((section(".bss.large")))

#endif
