/* The pool of synthetic addresses (address/synthetic.h). */
#ifndef DUALSTACK_POOL_H
#define DUALSTACK_POOL_H

/* The pool unless another is set, in host byte order, and how long the prefix of one can be. In a shorter
 * pool there are fewer numbers for those who push others out: at /16, 7 for each of the 4096 slots. */
#define POOL_DEFAULT 0xf0000000u
#define POOL_WIDEST 4
#define POOL_NARROWEST 16

#endif
