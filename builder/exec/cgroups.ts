import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { type CgroupLayout, cgroupRoot } from './host.ts'
import { isAbandoned, ownedName } from './owner.ts'

/** The folder in every hierarchy below which the groups of our containers are. */
const parent = 'ibuild'

/** Path, below the root of each hierarchy, of a new container's group. Nothing is made. */
export function newCgroupPath(): string {
  return `/${parent}/${ownedName()}`
}

/** The host folders where a group may exist: one for each hierarchy. */
function foldersOf(layout: CgroupLayout, path: string): string[] {
  if (layout === 'none') return []
  if (layout === 'v2') return [cgroupRoot + path]
  return fs
    .readdirSync(cgroupRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()) // controllers that share a tree are reached by symlinks as well
    .map((entry) => `${cgroupRoot}/${entry.name}${path}`)
}

/** Kills what is left in a group and removes it from every hierarchy. False when something could not be removed. */
export async function removeCgroup(layout: CgroupLayout, path: string): Promise<boolean> {
  let left = foldersOf(layout, path).filter((folder) => fs.existsSync(folder))
  for (let attempt = 0; attempt < 100 && left.length > 0; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, attempt))
    for (const folder of left) signalMembers(folder, 'SIGKILL')
    left = left.filter((folder) => !removeFolder(folder))
  }
  return left.length === 0
}

/** Sends a signal to all processes of a group. */
export function signalCgroup(layout: CgroupLayout, path: string, signal: NodeJS.Signals): void {
  const [folder] = foldersOf(layout, path).filter((folder) => fs.existsSync(folder))
  if (folder !== undefined) signalMembers(folder, signal)
}

/** A process that went away in between is no error. */
function signalMembers(folder: string, signal: NodeJS.Signals): void {
  for (const pid of membersOf(folder)) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH') throw error
    }
  }
}

/** Process ids in a group and in those that the container made in it. */
function membersOf(folder: string): number[] {
  try {
    const own = fs.readFileSync(`${folder}/cgroup.procs`, 'latin1').split('\n').map(Number)
    return [...own.filter((pid) => pid > 1), ...foldersIn(folder).flatMap(membersOf)]
  } catch {
    return [] // removed meanwhile
  }
}

function foldersIn(folder: string): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}`)
}

function removeFolder(folder: string): boolean {
  try {
    for (const inner of foldersIn(folder)) removeFolder(inner)
    fs.rmdirSync(folder)
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/** Paths of groups whose maker is dead. */
export function abandonedCgroups(layout: CgroupLayout): string[] {
  const names = new Set(foldersOf(layout, `/${parent}`).flatMap(namesIn))
  return [...names].filter(isAbandoned).map((name) => `/${parent}/${name}`)
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return [] // nothing ran here yet
  }
}
