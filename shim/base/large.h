/* Where large tables go. */
#ifndef DUALSTACK_LARGE_H
#define DUALSTACK_LARGE_H

/* Behind all small variables, because the linker sorts sections by name (Makefile): a process without sockets
 * touches a page or two. A small variable between two tables would cost it a page. For variables that are
 * zero at first. */
#define LARGE __attribute__((section(".bss.large")))

#endif
