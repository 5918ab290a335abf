#ifndef POSTBOX_CLINUX_H
#define POSTBOX_CLINUX_H
// What Swift's Glibc module lacks, and nothing else.
#include <stdint.h>

/// renameat2(2) with RENAME_NOREPLACE; 0, or the negative errno.
int postbox_rename_noreplace(const char *from, const char *to);
/// The file system's magic number (statfs(2) f_type), or the negative errno.
long postbox_fs_type(const char *path);

/// What stat(2) tells, in types that every Swift file sees the same way; times in nanoseconds since 1970.
struct postbox_status {
    uint32_t kind;  // 1 regular, 2 directory, 3 symbolic link, 0 anything else
    uint32_t mode;  // the permission bits
    int64_t size;
    int64_t modified_at;
    int64_t changed_at;
    uint64_t inode;
    uint64_t device;
};

/// lstat(2), or stat(2) with `follow`; 0, or the negative errno.
int postbox_stat(const char *path, int follow, struct postbox_status *out);
/// fstat(2); 0, or the negative errno.
int postbox_fstat(int fd, struct postbox_status *out);

/// O_DIRECT of open(2), whose value depends on the processor.
int postbox_direct_flag(void);

/// syncfs(2); 0, or the negative errno.
int postbox_syncfs(int fd);

/// mallopt(3): freed blocks up to 8 MB are kept for the next ones, until 16 MB are kept. The few threads share two heaps; every
/// heap more would keep memory of its own. Whether all of it was taken.
int postbox_keep_freed(void);

/// How many file descriptors the process may open still, counted from the lowest free one: at least so many are free.
/// Needs no permission. `lowest`: the lowest free one, as a descriptor is that was opened just now; -1: it is looked for.
long postbox_free_descriptors(int lowest);

/// madvise(2) MADV_DONTNEED for the code of the program and its libraries: what runs on comes back from the page cache, what
/// only the start needed does not. Code that was changed in memory is left alone, as is everything under LD_PRELOAD. 0, or the
/// negative errno.
int postbox_forget_code(void);

/// Nobody gets at this process's memory: no core file is written, and, unless `traceable`, no other program of the same user may
/// look at it (RLIMIT_CORE, PR_SET_DUMPABLE). 0, or the negative errno.
int postbox_forbid_dumps(int traceable);

/// dup3(2): `fd` is what `with` is from now on, closed on exec unless `inherited`. 0, or the negative errno.
int postbox_replace_descriptor(int with, int fd, int inherited);

/// adjtimex(2), which changes nothing: whether the clock is kept in step, and by how many microseconds it may be wrong as far as the
/// kernel was told. 0, or the negative errno.
int postbox_clock_state(int *synchronised, long *estimated_error);
#endif
