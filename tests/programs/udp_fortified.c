/* udp_serve as distributions build it: with __recvfrom_chk() for recvfrom(). */
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include "udp_serve.c"
