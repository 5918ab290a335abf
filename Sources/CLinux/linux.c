#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>
#include <malloc.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

int postbox_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : -errno;
}

long postbox_fs_type(const char *path) {
    struct statfs s;
    return statfs(path, &s) == 0 ? (long)s.f_type : -errno;
}

static void fill(const struct stat *s, struct postbox_status *out) {
    out->kind = S_ISREG(s->st_mode) ? 1 : S_ISDIR(s->st_mode) ? 2 : S_ISLNK(s->st_mode) ? 3 : 0;
    out->mode = s->st_mode & 07777;
    out->size = s->st_size;
    out->modified_at = s->st_mtim.tv_sec * 1000000000LL + s->st_mtim.tv_nsec;
    out->changed_at = s->st_ctim.tv_sec * 1000000000LL + s->st_ctim.tv_nsec;
    out->inode = s->st_ino;
    out->device = s->st_dev;
}

int postbox_stat(const char *path, int follow, struct postbox_status *out) {
    struct stat s;
    if ((follow ? stat(path, &s) : lstat(path, &s)) != 0) return -errno;
    fill(&s, out);
    return 0;
}

int postbox_fstat(int fd, struct postbox_status *out) {
    struct stat s;
    if (fstat(fd, &s) != 0) return -errno;
    fill(&s, out);
    return 0;
}

int postbox_keep_freed(void) {
    return mallopt(M_MMAP_THRESHOLD, 8 << 20) && mallopt(M_TRIM_THRESHOLD, 16 << 20) && mallopt(M_ARENA_MAX, 2);
}

int postbox_direct_flag(void) { return O_DIRECT; }

int postbox_syncfs(int fd) {
    return syncfs(fd) == 0 ? 0 : -errno;
}

long postbox_free_descriptors(int lowest) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return LONG_MAX;
    if (lowest < 0) {
        lowest = open("/", O_PATH | O_CLOEXEC);
        // Anything else is no matter of descriptors.
        if (lowest < 0) return errno == EMFILE || errno == ENFILE ? 0 : LONG_MAX;
        close(lowest);
    }
    return limit.rlim_cur == RLIM_INFINITY ? LONG_MAX : (long)limit.rlim_cur - lowest;
}

// Whether the loader wrote into the object's code, so that the file no longer has what is in memory.
static int has_text_relocations(struct dl_phdr_info *info) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) return 1;
    }
    return 0;
}

static int forget(struct dl_phdr_info *info, size_t size, void *failed) {
    (void)size;
    // The kernel's own page of code is not the program's to let go.
    if (strstr(info->dlpi_name, "vdso") || has_text_relocations(info)) return 0;
    long page = sysconf(_SC_PAGESIZE);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || (part->p_flags & PF_W)) continue;
        uintptr_t start = info->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
        start -= start % page;
        if (start != 0 && madvise((void *)start, end - start, MADV_DONTNEED) != 0) *(int *)failed = -errno;
    }
    return 0;
}

int postbox_forget_code(void) {
    // What is slipped in from outside may have changed any code.
    if (getenv("LD_PRELOAD")) return 0;
    int failed = 0;
    dl_iterate_phdr(forget, &failed);
    return failed;
}

int postbox_forbid_dumps(int traceable) {
    struct rlimit none = {0, 0};
    // Where a service manager forbids the one, the other is done nevertheless.
    int code = setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : -errno;
    if (!traceable && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) code = -errno;
    return code;
}

int postbox_replace_descriptor(int with, int fd, int inherited) {
    return dup3(with, fd, inherited ? 0 : O_CLOEXEC) >= 0 ? 0 : -errno;
}

int postbox_clock_state(int *synchronised, long *estimated_error) {
    struct timex t = {0};
    int state = adjtimex(&t);
    if (state < 0) return -errno;
    *synchronised = state != TIME_ERROR && !(t.status & STA_UNSYNC);
    *estimated_error = t.esterror;
    return 0;
}
