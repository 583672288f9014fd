/* udp_serve as distributions build it: recvfrom() is __recvfrom_chk() there. */
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include "udp_serve.c"
