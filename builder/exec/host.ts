import fs from 'node:fs'

/** How control groups are mounted: one tree per controller, the same with an empty v2 tree beside, or one v2 tree. */
export type CgroupLayout = 'v1' | 'hybrid' | 'v2' | 'none'

/** What of the host decides how a container is set up. */
export interface Host {
  readonly cgroups: CgroupLayout
  readonly cgroupNamespaces: boolean
  /** True when memory and swap together can be limited. */
  readonly swapLimit: boolean
  /** How many files this process may open at most (the hard limit). */
  readonly openFiles: number
  /** Differs after each boot. */
  readonly bootId: string
}

/** Where control groups are mounted on every distribution. */
export const cgroupRoot = '/sys/fs/cgroup'

const usualOpenFiles = 524_288
const cgroup2Magic = 0x63677270
const tmpfsMagic = 0x01021994

export function detectHost(): Host {
  const cgroups = cgroupLayout()
  return {
    cgroups,
    cgroupNamespaces: fs.existsSync('/proc/self/ns/cgroup'),
    swapLimit: cgroups === 'v2' || fs.existsSync(`${cgroupRoot}/memory/memory.memsw.limit_in_bytes`),
    openFiles: hardOpenFiles(),
    bootId: fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  }
}

/** How control groups are mounted here. */
export function cgroupLayout(): CgroupLayout {
  const type = filesystemType(cgroupRoot)
  if (type === cgroup2Magic) return 'v2'
  if (type !== tmpfsMagic) return 'none'
  return filesystemType(`${cgroupRoot}/unified`) === cgroup2Magic ? 'hybrid' : 'v1'
}

function filesystemType(path: string): number | undefined {
  try {
    return fs.statfsSync(path).type
  } catch {
    return undefined
  }
}

function hardOpenFiles(): number {
  const [, hard] = /^Max open files +\S+ +(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? []
  return hard === undefined ? usualOpenFiles : Number(hard)
}
