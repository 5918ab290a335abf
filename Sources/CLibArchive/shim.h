#ifndef POSTBOX_CLIBARCHIVE_SHIM_H
#define POSTBOX_CLIBARCHIVE_SHIM_H
#include <archive.h>
#include <archive_entry.h>
#endif
