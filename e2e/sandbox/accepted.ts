/** A difference between `docker run` and our RUN that is meant to be there. Lines are those of the probe. */
export interface AcceptedDifference {
  readonly why: string
  /** Lines that docker may print and we do not. */
  readonly docker?: RegExp
  /** Lines that we may print and docker does not. */
  readonly ours?: RegExp
  /** The runtime that it concerns; both when there is none. */
  readonly runtime?: 'crun'
}

/** All accepted differences. A test holds the list to every row being used. */
export const accepted: readonly AcceptedDifference[] = [
  {
    why: 'a RUN of docker build has /etc/hosts and /etc/resolv.conf read-only and no /etc/hostname of its own',
    docker: /^\/etc\/(?:hostname|hosts|resolv\.conf) \S+ rw,relatime$/,
    ours: /^\/etc\/(?:hosts|resolv\.conf) \S+ ro,nosuid,nodev,relatime$/,
  },
  {
    why: 'newer dockers mask the interrupt counters, by which one container can watch another',
    docker: /^\/proc\/interrupts 100$/,
    ours: /^\/proc\/interrupts (?:0|\S+ \S+)$/,
  },
  {
    why: 'newer dockers refuse io_uring, and sockets of AF_ALG (38) and AF_VSOCK (40)',
    docker: /^(?:io_uring_setup|socket (?:38|40)): (?!EPERM)\w+$/,
    ours: /^(?:io_uring_setup|socket (?:38|40)): EPERM$/,
  },
  {
    why: 'newer dockers allow name_to_handle_at, process_vm_readv and what the kernel got since',
    docker: /^(?:name_to_handle_at|process_vm_readv): EPERM$|^4[5-7]\d: ENOSYS$/,
    ours: /^(?:name_to_handle_at|process_vm_readv|4[5-7]\d): \w+$/,
  },
  {
    why: 'the number of files that a process may open is 1024 to start with, as under newer dockers',
    docker: /^Max open files /,
    ours: /^Max open files 1024 /,
  },
  {
    why: 'crun masks files with the null device and makes parts of /proc read-only with other flags',
    docker: /^\/proc\/\w+ (?:proc ro,nosuid,nodev,noexec,relatime|tmpfs rw,nosuid)$/,
    ours: /^\/proc\/\w+ (?:proc|devtmpfs) ro,relatime$/,
    runtime: 'crun',
  },
  {
    why: 'crun makes /dev/core, and gives the null device of the container to its user',
    docker: /^crw-rw-rw- 0 0 1, null$/,
    ours: /^lrwxrwxrwx 0 0 \d+ Nov \/proc\/kcore$|^crw-rw-rw- 1000 1000 1, null$/,
    runtime: 'crun',
  },
  {
    why: 'crun lets everybody write to the memory filesystem that holds the mounts of the control groups',
    docker: /^cgroup x: Permission denied$/,
    ours: /^cgroup x: made$/,
    runtime: 'crun',
  },
]
