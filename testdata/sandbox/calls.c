/* Prints the errno of system calls with arguments that do no harm, and whether a setuid program gains its owner. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name, ...) \
  do { \
    errno = 0; \
    long result = syscall(SYS_##name, __VA_ARGS__); \
    printf("%s: %s\n", #name, result < 0 ? strerrorname_np(errno) : "done"); \
  } while (0)

static void number(long nr) {
  errno = 0;
  syscall(nr, 0, 0, 0, 0, 0, 0);
  printf("%ld: %s\n", nr, strerrorname_np(errno));
}

static void family(int domain) {
  int fd = socket(domain, SOCK_STREAM, 0);
  printf("socket %d: %s\n", domain, fd < 0 ? strerrorname_np(errno) : "done");
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "user") == 0) {
    printf("%d\n", (int)geteuid());
    return 0;
  }
  CALL(acct, 0);
  CALL(add_key, 0, 0, 0, 0, 0);
  CALL(adjtimex, 0);
  CALL(bpf, 0, 0, 0);
  CALL(clock_adjtime, 0, 0);
  CALL(clock_settime, 0, 0);
  CALL(clone, 0x10000000UL, 0, 0, 0, 0); /* a user namespace */
  CALL(clone3, 0, 0);
  CALL(delete_module, 0, 0);
  CALL(fanotify_init, 0, 0);
  CALL(finit_module, -1, 0, 0);
  CALL(fsopen, 0, 0);
  CALL(fsmount, -1, 0, 0);
  CALL(get_mempolicy, 0, 0, 0, 0, 0);
  CALL(init_module, 0, 0, 0);
  CALL(io_setup, 0, 0);
  CALL(io_uring_setup, 0, 0);
  CALL(kcmp, 1, 1, 0, 0, 0);
  CALL(kexec_load, 0, 0, 0, 0);
  CALL(keyctl, 0, 0, 0, 0, 0);
  CALL(mbind, 0, 0, 0, 0, 0, 0);
  CALL(membarrier, 0, 0, 0);
  CALL(memfd_create, 0, 0);
  CALL(mount, 0, 0, 0, 0, 0);
  CALL(mount_setattr, -1, 0, 0, 0, 0);
  CALL(move_mount, -1, 0, -1, 0, 0);
  CALL(name_to_handle_at, -1, 0, 0, 0, 0);
  CALL(open_by_handle_at, -1, 0, 0);
  CALL(open_tree, -1, 0, 0);
  CALL(openat2, -1, 0, 0, 0);
  CALL(perf_event_open, 0, 0, 0, 0, 0);
  CALL(personality, 0x0020000); /* UNAME26 is allowed */
  CALL(personality, 0x0040000); /* ADDR_NO_RANDOMIZE is not */
  CALL(pidfd_getfd, -1, 0, 0);
  CALL(pidfd_open, 1, 0);
  CALL(pivot_root, 0, 0);
  CALL(process_vm_readv, 1, 0, 0, 0, 0, 0);
  CALL(ptrace, 0xffff, 0, 0, 0);
  CALL(quotactl, 0, 0, 0, 0);
  CALL(request_key, 0, 0, 0, 0);
  CALL(sethostname, 0, 0);
  CALL(setns, -1, 0);
  CALL(set_mempolicy, 0, 0, 0);
  CALL(settimeofday, 0, 0);
  CALL(swapoff, 0);
  CALL(swapon, 0, 0);
  CALL(syslog, 10, 0, 0);
  CALL(umount2, 0, 0);
  CALL(unshare, 0x10000000);
  CALL(userfaultfd, 0xffff);
  CALL(vhangup, 0);
  for (long nr = 440; nr <= 475; nr++) number(nr);
  number(999);
  number(0x40000000 | 39); /* getpid of the x32 calls */
  for (int domain = 1; domain <= 45; domain++) family(domain);
  printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
  return 0;
}
