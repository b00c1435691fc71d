/*
 * Preloaded into a process, kills it on entering its N-th call that changes what is on the disk, or that promises that it
 * stays so. Counts the calls of all threads together; programs that the process starts are left alone.
 *
 * CRASH_AT: N, or 0 to kill at none. CRASH_WITHIN: only calls on this folder and on what is below it count. CRASH_CALLS: the calls that count, by
 * the names below, with a space before and after each. CRASH_LOG: a file that gets a line for each call that counts, with
 * its path; the last is that of the kill.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The function that would have been called without this library. */
#define NEXT(name) ({ \
    static typeof(&name) next; \
    if (next == NULL) next = (typeof(&name))dlsym(RTLD_NEXT, #name); \
    next; \
  })

static char within[PATH_MAX], calls[1024], logfile[PATH_MAX];
static long target;
static atomic_long count;
static pid_t self;

static void take(const char *name, char *value, size_t size) {
  snprintf(value, size, "%s", getenv(name) ? getenv(name) : "");
  unsetenv(name);
}

__attribute__((constructor)) static void begin(void) {
  char at[32];
  unsetenv("LD_PRELOAD");
  take("CRASH_WITHIN", within, sizeof within);
  take("CRASH_CALLS", calls, sizeof calls);
  take("CRASH_LOG", logfile, sizeof logfile);
  take("CRASH_AT", at, sizeof at);
  self = getpid();
  target = atol(at);
}

static void link_of(const char *file, char *path) {
  ssize_t length = readlink(file, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
}

/* The whole path of a name in a folder, or of what is open where there is no name. */
static void whole(int fd, const char *name, char *path) {
  char file[64];
  path[0] = 0;
  if (name != NULL && name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  if (fd == AT_FDCWD) snprintf(file, sizeof file, "/proc/self/cwd");
  else snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
  link_of(file, path);
  if (name == NULL || path[0] == 0) return;
  size_t length = strlen(path);
  snprintf(path + length, PATH_MAX - length, "/%s", name);
}

static int is_within(const char *path) {
  size_t length = strlen(within);
  return strncmp(path, within, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static int is_counted(const char *call) {
  char word[64];
  snprintf(word, sizeof word, " %s ", call);
  return self == getpid() && strstr(calls, word) != NULL;
}

static void pass(const char *call, const char *path) {
  if (!is_within(path)) return;
  int log = NEXT(open)(logfile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dprintf(log, "%s %s\n", call, path);
  close(log);
  if (atomic_fetch_add(&count, 1) + 1 != target) return;
  kill(self, SIGKILL);
  for (;;) pause();
}

static void enter(const char *call, int fd, const char *name) {
  int kept = errno;
  char path[PATH_MAX];
  if (!is_counted(call)) return;
  whole(fd, name, path);
  pass(call, path);
  errno = kept;
}

/* One call with two names counts once. */
static void enter_two(const char *call, int fd, const char *name, int other, const char *to) {
  int kept = errno;
  char path[PATH_MAX];
  if (!is_counted(call)) return;
  whole(fd, name, path);
  if (!is_within(path)) whole(other, to, path);
  pass(call, path);
  errno = kept;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  enter("write", fd, NULL);
  return NEXT(write)(fd, bytes, size);
}
ssize_t writev(int fd, const struct iovec *pieces, int length) {
  enter("write", fd, NULL);
  return NEXT(writev)(fd, pieces, length);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  enter("write", fd, NULL);
  return NEXT(pwrite)(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  enter("write", fd, NULL);
  return NEXT(pwrite64)(fd, bytes, size, at);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int length, off_t at) {
  enter("write", fd, NULL);
  return NEXT(pwritev)(fd, pieces, length, at);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int length, off64_t at) {
  enter("write", fd, NULL);
  return NEXT(pwritev64)(fd, pieces, length, at);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
  enter("copy", to, NULL);
  return NEXT(sendfile)(to, from, at, size);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
  enter("copy", to, NULL);
  return NEXT(sendfile64)(to, from, at, size);
}
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t size, unsigned flags) {
  enter("copy", to, NULL);
  return NEXT(copy_file_range)(from, at, to, there, size, flags);
}
int ftruncate(int fd, off_t size) {
  enter("truncate", fd, NULL);
  return NEXT(ftruncate)(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  enter("truncate", fd, NULL);
  return NEXT(ftruncate64)(fd, size);
}
int fsync(int fd) {
  enter("fsync", fd, NULL);
  return NEXT(fsync)(fd);
}
int fdatasync(int fd) {
  enter("fsync", fd, NULL);
  return NEXT(fdatasync)(fd);
}
int syncfs(int fd) {
  enter("fsync", fd, NULL);
  return NEXT(syncfs)(fd);
}

int rename(const char *from, const char *to) {
  enter_two("rename", AT_FDCWD, from, AT_FDCWD, to);
  return NEXT(rename)(from, to);
}
int renameat(int fd, const char *from, int other, const char *to) {
  enter_two("rename", fd, from, other, to);
  return NEXT(renameat)(fd, from, other, to);
}
int renameat2(int fd, const char *from, int other, const char *to, unsigned flags) {
  enter_two("rename", fd, from, other, to);
  return NEXT(renameat2)(fd, from, other, to, flags);
}
int link(const char *from, const char *to) {
  enter_two("link", AT_FDCWD, from, AT_FDCWD, to);
  return NEXT(link)(from, to);
}
int linkat(int fd, const char *from, int other, const char *to, int flags) {
  enter_two("link", fd, from, other, to);
  return NEXT(linkat)(fd, from, other, to, flags);
}
int symlink(const char *content, const char *path) {
  enter("symlink", AT_FDCWD, path);
  return NEXT(symlink)(content, path);
}
int symlinkat(const char *content, int fd, const char *path) {
  enter("symlink", fd, path);
  return NEXT(symlinkat)(content, fd, path);
}
int unlink(const char *path) {
  enter("unlink", AT_FDCWD, path);
  return NEXT(unlink)(path);
}
int unlinkat(int fd, const char *path, int flags) {
  enter(flags & AT_REMOVEDIR ? "rmdir" : "unlink", fd, path);
  return NEXT(unlinkat)(fd, path, flags);
}
int rmdir(const char *path) {
  enter("rmdir", AT_FDCWD, path);
  return NEXT(rmdir)(path);
}
/* The one in the library makes both calls without asking here. */
int remove(const char *path) {
  int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}
int mkdir(const char *path, mode_t mode) {
  enter("mkdir", AT_FDCWD, path);
  return NEXT(mkdir)(path, mode);
}
int mkdirat(int fd, const char *path, mode_t mode) {
  enter("mkdir", fd, path);
  return NEXT(mkdirat)(fd, path, mode);
}
int mount(const char *source, const char *path, const char *type, unsigned long flags, const void *data) {
  enter("mount", AT_FDCWD, path);
  return NEXT(mount)(source, path, type, flags, data);
}

/* Opening is a change when it can make a file or empty one. */
#define MODE(flags, last) ({ \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
      va_list rest; \
      va_start(rest, last); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    mode; \
  })

static void enter_open(int fd, const char *path, int flags) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE) enter("open", fd, path);
}
int open(const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  enter_open(AT_FDCWD, path, flags);
  return NEXT(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  enter_open(AT_FDCWD, path, flags);
  return NEXT(open64)(path, flags, mode);
}
int openat(int fd, const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  enter_open(fd, path, flags);
  return NEXT(openat)(fd, path, flags, mode);
}
int openat64(int fd, const char *path, int flags, ...) {
  mode_t mode = MODE(flags, flags);
  enter_open(fd, path, flags);
  return NEXT(openat64)(fd, path, flags, mode);
}

/* LevelDB writes through the buffers of C, which are written out by calls inside the library. */
FILE *fopen(const char *path, const char *mode) {
  if (mode[0] != 'r') enter("open", AT_FDCWD, path);
  return NEXT(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  if (mode[0] != 'r') enter("open", AT_FDCWD, path);
  return NEXT(fopen64)(path, mode);
}
static void enter_buffered(FILE *file, size_t more) {
  size_t room = __fbufsize(file) > 0 ? __fbufsize(file) : 4096; /* none before the first write */
  if (__fpending(file) + more >= room) enter("write", fileno(file), NULL);
}
static void enter_flush(FILE *file) {
  if (file != NULL && __fpending(file) > 0) enter("write", fileno(file), NULL);
}
size_t fwrite(const void *bytes, size_t size, size_t length, FILE *file) {
  enter_buffered(file, size * length);
  return NEXT(fwrite)(bytes, size, length, file);
}
size_t fwrite_unlocked(const void *bytes, size_t size, size_t length, FILE *file) {
  enter_buffered(file, size * length);
  return NEXT(fwrite_unlocked)(bytes, size, length, file);
}
int fflush(FILE *file) {
  enter_flush(file);
  return NEXT(fflush)(file);
}
int fflush_unlocked(FILE *file) {
  enter_flush(file);
  return NEXT(fflush_unlocked)(file);
}
int fclose(FILE *file) {
  enter_flush(file);
  return NEXT(fclose)(file);
}

/* libuv makes some calls by their numbers. */
long syscall(long number, ...) {
  long arg[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) arg[i] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_copy_file_range) enter("copy", arg[2], NULL);
  if (number == SYS_renameat2) enter_two("rename", arg[0], (char *)arg[1], arg[2], (char *)arg[3]);
  return NEXT(syscall)(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
