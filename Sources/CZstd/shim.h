#ifndef POSTBOX_CZSTD_SHIM_H
#define POSTBOX_CZSTD_SHIM_H
#include <zstd.h>
#endif
