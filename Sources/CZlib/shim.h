#ifndef POSTBOX_CZLIB_SHIM_H
#define POSTBOX_CZLIB_SHIM_H
#include <zlib.h>

// inflateInit2 is a macro. 31: a window of 32 KiB, and gzip alone.
static inline int postbox_inflate_init_gzip(z_streamp stream) { return inflateInit2(stream, 31); }
#endif
