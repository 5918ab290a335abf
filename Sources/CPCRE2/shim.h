#ifndef POSTBOX_CPCRE2_SHIM_H
#define POSTBOX_CPCRE2_SHIM_H
// Patterns and texts are bytes of UTF-8.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#endif
