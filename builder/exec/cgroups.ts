import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { type CgroupLayout, cgroupRoot } from './host.ts'

/** The folder in every hierarchy below which the groups of our containers are. */
const parent = 'ibuild'

/**
 * A control group's name says who made it: pid namespace, process id and start time of the process, and a number. So a
 * later process can tell what was left behind by one that was killed.
 */
export interface Owner {
  readonly pidNamespace: string
  readonly pid: number
  readonly startTime: string
}

/** This process as an owner. */
export function thisOwner(): Owner {
  return { pidNamespace: ownPidNamespace(), pid: process.pid, startTime: startTimeOf(process.pid) ?? '0' }
}

/** Path of a container's group below the root of each hierarchy. */
export function cgroupPath(owner: Owner, number: number): string {
  return `/${parent}/${owner.pidNamespace}-${owner.pid}-${owner.startTime}-${number}`
}

function ownPidNamespace(): string {
  return /\d+/.exec(fs.readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** Start time of a process in clock ticks since boot, as text; undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** The host folders where a group may exist: one for each hierarchy. */
function hierarchies(layout: CgroupLayout): string[] {
  if (layout === 'none') return []
  if (layout === 'v2') return [cgroupRoot]
  return fs
    .readdirSync(cgroupRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()) // co-mounted controllers are reached by symlinks as well
    .map((entry) => `${cgroupRoot}/${entry.name}`)
}

/** Kills what is left in a group and removes it from every hierarchy. Returns false when something could not be removed. */
export async function removeCgroup(layout: CgroupLayout, path: string): Promise<boolean> {
  const folders = hierarchies(layout).map((root) => root + path)
  for (let attempt = 0; attempt < 50; attempt++) {
    const left = folders.filter((folder) => fs.existsSync(folder))
    if (left.length === 0) return true
    killMembers(left)
    if (left.filter((folder) => !removeFolder(folder)).length === 0) return true
    await new Promise((resolve) => setTimeout(resolve, attempt + 1))
  }
  return false
}

function killMembers(folders: readonly string[]): void {
  for (const pid of membersOf(folders)) killQuietly(pid, 'SIGKILL')
}

/** Process ids in the given groups. */
function membersOf(folders: readonly string[]): ReadonlySet<number> {
  return new Set(folders.flatMap(readMembers).filter((pid) => pid > 1))
}

function readMembers(folder: string): number[] {
  try {
    return fs.readFileSync(`${folder}/cgroup.procs`, 'latin1').trim().split('\n').map(Number)
  } catch {
    return []
  }
}

/** Sends a signal to all processes of a container's group. */
export function signalCgroup(layout: CgroupLayout, path: string, signal: NodeJS.Signals): void {
  for (const pid of membersOf(hierarchies(layout).map((root) => root + path))) killQuietly(pid, signal)
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // already gone
  }
}

/** Removes a group with the groups that the container made in it. */
function removeFolder(folder: string): boolean {
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeFolder(`${folder}/${entry.name}`)
    }
    fs.rmdirSync(folder)
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/** Paths of groups whose maker, a process of this pid namespace, is dead. */
export function abandonedCgroups(layout: CgroupLayout): string[] {
  const names = new Set(hierarchies(layout).flatMap((root) => namesIn(`${root}/${parent}`)))
  return [...names].filter(isAbandoned).map((name) => `/${parent}/${name}`)
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

function isAbandoned(name: string): boolean {
  const [, pidNamespace, pid, startTime] = /^(\d+)-(\d+)-(\d+)-\d+$/.exec(name) ?? []
  if (pidNamespace === undefined || pidNamespace !== ownPidNamespace()) return false
  return startTimeOf(Number(pid)) !== startTime
}
