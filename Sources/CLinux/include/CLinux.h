#ifndef POSTBOX_CLINUX_H
#define POSTBOX_CLINUX_H
// What Swift's Glibc module lacks, and nothing else.
#include <sys/types.h>

/// renameat2(2) with RENAME_NOREPLACE; 0, or the negative errno.
int postbox_rename_noreplace(const char *from, const char *to);
/// syncfs(2) on the file system of an open descriptor; 0, or the negative errno.
int postbox_syncfs(int fd);
/// The file system's magic number (statfs(2) f_type), or the negative errno.
long postbox_fs_type(const char *path);
#endif
