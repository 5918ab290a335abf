// Stands between a program and its disk: preloaded (LD_PRELOAD), it counts the calls that change what is on a disk below one
// folder, makes chosen ones fail, and keeps a log of them. Sockets, pipes and files elsewhere are left alone.
//
//   DISK_FAULTS_ROOT    the folder, as /proc/self/fd names it; without it nothing is done
//   DISK_FAULTS_LOG     file that gets an entry for every call counted
//   DISK_FAULTS_DATA    with any value: the log holds the bytes written as well
//   DISK_FAULTS_AT      the number of the call that fails, from 1; 0 or absent: none
//   DISK_FAULTS_ERRNO   what it fails with; 0: a write from AT on writes half of its bytes, other calls are left alone
//   DISK_FAULTS_MENDED  while the file of that name is missing, all later calls fail as well
//   DISK_FAULTS_WHILE   instead of AT: all calls fail while the file of that name is there
//   DISK_FAULTS_TIMES   how many calls fail, without MENDED; 1 when absent
//   DISK_FAULTS_CALL    fail calls of that name only, from AT on
//   DISK_FAULTS_PATH    fail calls on paths that end with it only, from AT on
//   DISK_FAULTS_DIRECT  "open" or "write": that fails where it would go past the page cache (O_DIRECT)
//
// Without a root:
//
//   DISK_FAULTS_WATCH        while the file of that name is there, the kernel gives no watch (inotify(7))
//   DISK_FAULTS_WATCH_ERRNO  what it says then: EMFILE to a new queue, anything else to a new watch
//   DISK_FAULTS_FS           the magic number (statfs(2)), decimal, of paths that end with DISK_FAULTS_FS_PATH
//   DISK_FAULTS_CLOCK        a file with seconds, decimal: how far the time of day is ahead of the machine's
//
// A disk that is full (ENOSPC) for a while refuses what takes room; any other fault refuses everything.
//
// An entry is a line `NUMBER CALL ERRNO OFFSET LENGTH PATH[<TAB>PATH]`, and after a write with data its LENGTH bytes and a
// line end. ERRNO is 0 for a call that went well. Calls that fail by themselves are no entries.
#define _GNU_SOURCE
#include "DiskFaults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static char mended[PATH_MAX];
static char broken[PATH_MAX];
static char only[32];
static char only_path[128];
static size_t root_length;
static int log_fd = -1;
static int with_data;
static char no_direct[8];
static long fail_at;
static int fail_errno;
static long fail_times;
static long failed;
static long count;
static char unwatched[PATH_MAX];
static int watch_errno;
static char fs_path[128];
static long fs_magic;
static char clock_path[PATH_MAX];

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static void keep(const char *name, char *out, size_t size) {
    const char *text = getenv(name);
    if (text) snprintf(out, size, "%s", text);
}

__attribute__((constructor)) static void start(void) {
    keep("DISK_FAULTS_WATCH", unwatched, sizeof unwatched);
    keep("DISK_FAULTS_FS_PATH", fs_path, sizeof fs_path);
    keep("DISK_FAULTS_CLOCK", clock_path, sizeof clock_path);
    watch_errno = (int)number("DISK_FAULTS_WATCH_ERRNO");
    fs_magic = number("DISK_FAULTS_FS");
    const char *text = getenv("DISK_FAULTS_ROOT");
    if (!text) {
        unsetenv("LD_PRELOAD");
        return;
    }
    root_length = strlen(text);
    if (root_length >= sizeof root) return;
    fail_at = number("DISK_FAULTS_AT");
    fail_errno = (int)number("DISK_FAULTS_ERRNO");
    fail_times = getenv("DISK_FAULTS_TIMES") ? number("DISK_FAULTS_TIMES") : 1;
    with_data = getenv("DISK_FAULTS_DATA") != NULL;
    const char *until = getenv("DISK_FAULTS_MENDED");
    if (until) snprintf(mended, sizeof mended, "%s", until);
    const char *during = getenv("DISK_FAULTS_WHILE");
    if (during) snprintf(broken, sizeof broken, "%s", during);
    const char *call = getenv("DISK_FAULTS_CALL");
    if (call) snprintf(only, sizeof only, "%s", call);
    const char *path = getenv("DISK_FAULTS_PATH");
    if (path) snprintf(only_path, sizeof only_path, "%s", path);
    keep("DISK_FAULTS_DIRECT", no_direct, sizeof no_direct);
    const char *log = getenv("DISK_FAULTS_LOG");
    if (log) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    // Programs started by this one are not meant.
    unsetenv("LD_PRELOAD");
    memcpy(root, text, root_length + 1);
}

static int is_below(const char *path) {
    return root[0] && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

// The absolute path; the name as given when it is absolute already.
static int below(int folder, const char *path, char *out) {
    if (!root[0] || !path) return 0;
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX / 2];
        char link[64];
        if (folder == AT_FDCWD) {
            snprintf(link, sizeof link, "/proc/self/cwd");
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        }
        ssize_t n = readlink(link, base, sizeof base - 1);
        if (n < 0) return 0;
        base[n] = 0;
        snprintf(out, PATH_MAX, "%s/%s", base, strncmp(path, "./", 2) == 0 ? path + 2 : path);
    }
    return is_below(out);
}

static int below_fd(int fd, char *out) {
    if (!root[0] || fd < 0) return 0;
    int saved = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, PATH_MAX - 1);
    errno = saved;
    if (n < 0) return 0;
    out[n] = 0;
    return is_below(out);
}

static int exists(const char *path) { return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0; }

struct call {
    long number;
    const char *name;
    // 0: it is let through.
    int error;
    // Half of its bytes are written.
    int is_short;
};

// Takes the lock: calls happen one after the other, in the order of the log.
static struct call begin(const char *name, const char *path, int takes_room) {
    pthread_mutex_lock(&lock);
    struct call call = {++count, name, 0, 0};
    if (only[0] && strcmp(only, name) != 0) return call;
    size_t all = strlen(path), end = strlen(only_path);
    if (all < end || strcmp(path + all - end, only_path) != 0) return call;
    int is_meant = fail_errno != ENOSPC || takes_room;
    if (fail_errno == 0) {
        call.is_short = fail_at > 0 && count >= fail_at && failed < fail_times && strstr(name, "write");
        failed += call.is_short;
        return call;
    }
    if (broken[0]) {
        if (is_meant && exists(broken)) call.error = fail_errno;
    } else if (fail_at == 0 || count < fail_at) {
        return call;
    } else if (failed > 0 && mended[0]) {
        if (is_meant && !exists(mended)) call.error = fail_errno;
    } else if (failed < fail_times) {
        call.error = fail_errno;
    }
    failed += call.error != 0;
    return call;
}

static void end(struct call call, long result, int error, long offset, size_t length, const char *path,
                const char *second, const struct iovec *data, int parts) {
    if (log_fd >= 0 && (call.error || result >= 0)) {
        char line[2 * PATH_MAX + 128];
        int n = snprintf(line, sizeof line, "%ld %s %d %ld %zu %s%s%s\n", call.number, call.name, call.error, offset,
                         length, path, second ? "\t" : "", second ? second : "");
        struct iovec out[18] = {{line, (size_t)n}};
        int used = 1;
        if (with_data && data && !call.error) {
            size_t left = length;
            for (int i = 0; i < parts && i < 16 && left > 0; i++) {
                size_t take = data[i].iov_len < left ? data[i].iov_len : left;
                out[used++] = (struct iovec){data[i].iov_base, take};
                left -= take;
            }
            out[used++] = (struct iovec){"\n", 1};
        }
        syscall(SYS_writev, log_fd, out, used);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
}

// Half a write where that is asked for.
static size_t half(struct call call, size_t length) {
    return call.is_short && length > 1 ? length / 2 : length;
}

static ssize_t do_write(const char *name, int fd, const void *bytes, size_t length, off_t at) {
    char path[PATH_MAX];
    if (!below_fd(fd, path)) {
        return at < 0 ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, at);
    }
    struct call call = begin(name, path, 1);
    ssize_t n = -1;
    off_t start = at;
    int error = call.error;
    if (strcmp(no_direct, "write") == 0 && fcntl(fd, F_GETFL) & O_DIRECT) call.error = error = EOPNOTSUPP;
    if (!error) {
        size_t some = half(call, length);
        n = at < 0 ? syscall(SYS_write, fd, bytes, some) : syscall(SYS_pwrite64, fd, bytes, some, at);
        error = n < 0 ? errno : 0;
        if (n >= 0 && at < 0) start = lseek(fd, 0, SEEK_CUR) - n;
    }
    struct iovec data = {(void *)bytes, length};
    end(call, n, error, (long)start, n < 0 ? length : (size_t)n, path, NULL, &data, 1);
    return n;
}

ssize_t write(int fd, const void *bytes, size_t length) { return do_write("write", fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return do_write("pwrite", fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    return do_write("pwrite", fd, bytes, length, at);
}

ssize_t writev(int fd, const struct iovec *data, int parts) {
    char path[PATH_MAX];
    if (!below_fd(fd, path)) return syscall(SYS_writev, fd, data, parts);
    struct call call = begin("writev", path, 1);
    ssize_t n = -1;
    off_t start = 0;
    int error = call.error;
    if (!error) {
        n = syscall(SYS_writev, fd, data, parts);
        error = n < 0 ? errno : 0;
        if (n >= 0) start = lseek(fd, 0, SEEK_CUR) - n;
    }
    end(call, n, error, (long)start, n < 0 ? 0 : (size_t)n, path, NULL, data, parts);
    return n;
}

// Calls on a descriptor that have no bytes.
#define ON_DESCRIPTOR(name, fd, offset, takes_room, real_call, even_when_failing)   \
    char path[PATH_MAX];                                                            \
    if (!below_fd(fd, path)) return real_call;                                      \
    struct call call = begin(name, path, takes_room);                                     \
    int result = -1;                                                                \
    int error = call.error;                                                         \
    if (!error || even_when_failing) {                                              \
        result = real_call;                                                         \
        if (!error && result < 0) error = errno;                                    \
    }                                                                               \
    if (call.error) result = -1;                                                    \
    end(call, result, error, (long)(offset), 0, path, NULL, NULL, 0);               \
    return result;

int fsync(int fd) { ON_DESCRIPTOR("fsync", fd, 0, 0, (int)syscall(SYS_fsync, fd), 0) }
int fdatasync(int fd) { ON_DESCRIPTOR("fdatasync", fd, 0, 0, (int)syscall(SYS_fdatasync, fd), 0) }
int syncfs(int fd) { ON_DESCRIPTOR("syncfs", fd, 0, 0, (int)syscall(SYS_syncfs, fd), 0) }
int ftruncate(int fd, off_t size) { ON_DESCRIPTOR("ftruncate", fd, size, 0, (int)syscall(SYS_ftruncate, fd, size), 0) }
int ftruncate64(int fd, off64_t size) {
    ON_DESCRIPTOR("ftruncate", fd, size, 0, (int)syscall(SYS_ftruncate, fd, size), 0)
}
// Closed it is, whatever is said about it.
int close(int fd) { ON_DESCRIPTOR("close", fd, 0, 0, (int)syscall(SYS_close, fd), 1) }

static int do_open(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (flags & O_DIRECT && strcmp(no_direct, "open") == 0 && below(folder, name, path)) {
        struct call call = begin("open", path, 0);
        call.error = EINVAL;
        end(call, -1, EINVAL, 0, 0, path, NULL, NULL, 0);
        return -1;
    }
    int changes = (flags & O_CREAT) || (flags & O_TRUNC);
    if (!changes || !below(folder, name, path)) return (int)syscall(SYS_openat, folder, name, flags, mode);
    int was_there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    if (was_there && !(flags & O_TRUNC)) return (int)syscall(SYS_openat, folder, name, flags, mode);
    struct call call = begin(was_there ? "truncate" : "create", path, !was_there);
    int fd = -1;
    int error = call.error;
    if (!error) {
        fd = (int)syscall(SYS_openat, folder, name, flags, mode);
        if (fd < 0) error = errno;
    }
    end(call, fd, error, 0, 0, path, NULL, NULL, 0);
    return fd;
}

#define MODE                                  \
    mode_t mode = 0;                          \
    if (flags & (O_CREAT | __O_TMPFILE)) {    \
        va_list list;                         \
        va_start(list, flags);                \
        mode = (mode_t)va_arg(list, int);     \
        va_end(list);                         \
    }

int open(const char *name, int flags, ...) {
    MODE
    return do_open(AT_FDCWD, name, flags, mode);
}
int open64(const char *name, int flags, ...) {
    MODE
    return do_open(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *name, int flags, ...) {
    MODE
    return do_open(folder, name, flags, mode);
}
int openat64(int folder, const char *name, int flags, ...) {
    MODE
    return do_open(folder, name, flags | O_LARGEFILE, mode);
}

// Calls on names.
#define ON_NAMES(call_name, folder, name, folder2, name2, takes_room, real_call)                 \
    char path[PATH_MAX];                                                                         \
    char second[PATH_MAX];                                                                       \
    const char *other = name2;                                                                   \
    int is_meant = below(folder, name, path);                                                    \
    if (other) is_meant = below(folder2, other, second) || is_meant;                             \
    if (!is_meant) return real_call;                                                             \
    struct call call = begin(call_name, path, takes_room);                                             \
    int result = -1;                                                                             \
    int error = call.error;                                                                      \
    if (!error) {                                                                                \
        result = real_call;                                                                      \
        if (result < 0) error = errno;                                                           \
    }                                                                                            \
    end(call, result, error, 0, 0, path, other ? second : NULL, NULL, 0);                        \
    return result;

// A socket has a name on the disk, and nothing else there.
static int is_socket(const char *name) {
    struct stat status;
    int error = errno;
    int is = lstat(name, &status) == 0 && S_ISSOCK(status.st_mode);
    errno = error;
    return is;
}

int rename(const char *from, const char *to) {
    if (is_socket(from)) return (int)syscall(SYS_rename, from, to);
    ON_NAMES("rename", AT_FDCWD, from, AT_FDCWD, to, 1, (int)syscall(SYS_rename, from, to))
}
int renameat2(int folder, const char *from, int folder2, const char *to, unsigned int flags) {
    ON_NAMES("rename", folder, from, folder2, to, 1, (int)syscall(SYS_renameat2, folder, from, folder2, to, flags))
}
int link(const char *from, const char *to) {
    ON_NAMES("link", AT_FDCWD, from, AT_FDCWD, to, 1, (int)syscall(SYS_link, from, to))
}
int unlink(const char *name) {
    if (is_socket(name)) return (int)syscall(SYS_unlink, name);
    ON_NAMES("unlink", AT_FDCWD, name, 0, NULL, 0, (int)syscall(SYS_unlink, name))
}
int rmdir(const char *name) {
    ON_NAMES("rmdir", AT_FDCWD, name, 0, NULL, 0, (int)syscall(SYS_rmdir, name))
}
int mkdir(const char *name, mode_t mode) {
    ON_NAMES("mkdir", AT_FDCWD, name, 0, NULL, 1, (int)syscall(SYS_mkdir, name, mode))
}

// What the machine around the disk says.
static int is_unwatched(int is_queue) {
    return unwatched[0] && is_queue == (watch_errno == EMFILE) && exists(unwatched);
}

int inotify_init1(int flags) {
    if (is_unwatched(1)) {
        errno = watch_errno;
        return -1;
    }
    return (int)syscall(SYS_inotify_init1, flags);
}

int inotify_add_watch(int fd, const char *name, uint32_t mask) {
    if (is_unwatched(0)) {
        errno = watch_errno;
        return -1;
    }
    return (int)syscall(SYS_inotify_add_watch, fd, name, mask);
}

int statfs(const char *name, struct statfs *out) {
    int result = (int)syscall(SYS_statfs, name, out);
    size_t all = strlen(name), tail = strlen(fs_path);
    if (result == 0 && fs_path[0] && all >= tail && strcmp(name + all - tail, fs_path) == 0) out->f_type = fs_magic;
    return result;
}

int clock_gettime(clockid_t id, struct timespec *out) {
    int result = (int)syscall(SYS_clock_gettime, id, out);
    if (result != 0 || id != CLOCK_REALTIME || !clock_path[0]) return result;
    int saved = errno;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, clock_path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        char text[32] = {0};
        if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) out->tv_sec += atol(text);
        syscall(SYS_close, fd);
    }
    errno = saved;
    return result;
}
