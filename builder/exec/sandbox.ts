/** What `docker run` gives a container unless told otherwise; a RUN gets the same. */

/** Docker's default capabilities. */
export const defaultCapabilities: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
]

/** Files and folders of /proc and /sys that a container sees empty. */
export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

/** Parts of /proc that a container cannot write to. */
export const readonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
]

interface DeviceRule {
  readonly allow: boolean
  readonly access: string
  readonly type?: 'a' | 'b' | 'c'
  readonly major?: number
  readonly minor?: number
}

function character(major: number, minor: number): DeviceRule {
  return { allow: true, type: 'c', major, minor, access: 'rwm' }
}

/** Everything is refused but null, zero, full, random, urandom, tty and console; the runtime adds pts and mknod. */
export const deviceRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  character(1, 3),
  character(1, 5),
  character(1, 7),
  character(1, 8),
  character(1, 9),
  character(5, 0),
  character(5, 1),
]

/** What is set in a network of the container's own: any port for everybody, and ICMP echo requests. */
export const networkSysctls: Readonly<Record<string, string>> = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
}

interface Mount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

const noPrograms = ['nosuid', 'noexec', 'nodev'] as const

/** The kernel's filesystems in a container, in the order in which they are mounted. `shmSize` is in bytes. */
export function systemMounts(shmSize: number): readonly Mount[] {
  return [
    mountAt('/proc', 'proc', noPrograms),
    mountAt('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mountAt('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mountAt('/sys', 'sysfs', [...noPrograms, 'ro']),
    mountAt('/sys/fs/cgroup', 'cgroup', ['ro', ...noPrograms]),
    mountAt('/dev/mqueue', 'mqueue', noPrograms),
    mountAt('/dev/shm', 'tmpfs', [...noPrograms, 'mode=1777', `size=${shmSize}`]),
  ]
}

function mountAt(destination: string, type: string, options: readonly string[]): Mount {
  return { destination, type, source: type, options }
}
