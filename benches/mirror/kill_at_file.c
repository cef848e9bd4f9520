/* Kills the program it is loaded into at its so-manieth change to the file system: before the change, and a write after half of
   its bytes. Only the program counts, and none that it starts. KILL_AT names the number, KILL_IN the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long seen;
static long wanted = -1;

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("KILL_AT"), *in = getenv("KILL_IN");
    if (at && in && strcmp(in, program_invocation_short_name) == 0)
        wanted = atol(at);
}

static int is_time(void) { return wanted > 0 && atomic_fetch_add(&seen, 1) + 1 == wanted; }

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void change(void) {
    if (is_time())
        end();
}

static int is_file(int descriptor) {
    struct stat about;
    return fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int writes(int flags) { return flags & (O_CREAT | O_TRUNC); }

#define OPENED(name)                                                                                                                       \
    int name(const char *path, int flags, ...) {                                                                                           \
        va_list rest;                                                                                                                      \
        va_start(rest, flags);                                                                                                             \
        mode_t mode = va_arg(rest, int);                                                                                                   \
        va_end(rest);                                                                                                                      \
        if (writes(flags))                                                                                                                 \
            change();                                                                                                                      \
        return REAL(name)(path, flags, mode);                                                                                              \
    }
OPENED(open)
OPENED(open64)

#define OPENED_AT(name)                                                                                                                    \
    int name(int directory, const char *path, int flags, ...) {                                                                            \
        va_list rest;                                                                                                                      \
        va_start(rest, flags);                                                                                                             \
        mode_t mode = va_arg(rest, int);                                                                                                   \
        va_end(rest);                                                                                                                      \
        if (writes(flags))                                                                                                                 \
            change();                                                                                                                      \
        return REAL(name)(directory, path, flags, mode);                                                                                   \
    }
OPENED_AT(openat)
OPENED_AT(openat64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (wanted > 0 && is_file(descriptor) && is_time()) {
        REAL(write)(descriptor, bytes, count / 2);
        end();
    }
    return REAL(write)(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (wanted > 0 && is_file(descriptor))
        change();
    return REAL(writev)(descriptor, parts, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
    if (wanted > 0 && is_file(descriptor))
        change();
    return REAL(pwrite64)(descriptor, bytes, count, at);
}

int rename(const char *from, const char *to) {
    change();
    return REAL(rename)(from, to);
}

int renameat(int old, const char *from, int new, const char *to) {
    change();
    return REAL(renameat)(old, from, new, to);
}

int link(const char *from, const char *to) {
    change();
    return REAL(link)(from, to);
}

int linkat(int old, const char *from, int new, const char *to, int flags) {
    change();
    return REAL(linkat)(old, from, new, to, flags);
}

int symlink(const char *from, const char *to) {
    change();
    return REAL(symlink)(from, to);
}

int unlink(const char *path) {
    change();
    return REAL(unlink)(path);
}

int unlinkat(int directory, const char *path, int flags) {
    change();
    return REAL(unlinkat)(directory, path, flags);
}

int mkdir(const char *path, mode_t mode) {
    change();
    return REAL(mkdir)(path, mode);
}

int rmdir(const char *path) {
    change();
    return REAL(rmdir)(path);
}

int ftruncate64(int descriptor, off64_t size) {
    change();
    return REAL(ftruncate64)(descriptor, size);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags) {
    change();
    return REAL(copy_file_range)(from, from_at, to, to_at, count, flags);
}
