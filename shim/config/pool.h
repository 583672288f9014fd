/* The pool of synthetic addresses (address/synthetic.h). */
#ifndef DUALSTACK_POOL_H
#define DUALSTACK_POOL_H

/* The default pool, in host byte order, and the lengths that its prefix can have. A smaller pool has fewer
 * addresses that were never given out: /16 has 7 for each of the table's 4096 slots. */
#define POOL_DEFAULT 0xf0000000u
#define POOL_WIDEST 4
#define POOL_NARROWEST 16

#endif
