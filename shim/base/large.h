/* Where large tables lie. */
#ifndef DUALSTACK_LARGE_H
#define DUALSTACK_LARGE_H

/* Behind all small variables, as the linker sorts sections by name (Makefile): what every process touches,
 * also one without sockets, is then a page or two, where each variable between two tables would cost a page
 * of its own. For variables that are zero at first. */
#define LARGE __attribute__((section(".bss.large")))

#endif
