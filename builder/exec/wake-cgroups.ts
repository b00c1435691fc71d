import fs from 'node:fs'
import { type CgroupLayout, cgroupLayout, cgroupRoot } from './host.ts'

/**
 * Moves this process into the group in which it is: nothing changes. The first move of any process after a pause waits in
 * the kernel until all processors know of it, which takes 10 to 25 ms; those shortly after it do not. So this one waits, in
 * another thread, in place of the runtime that is about to be started. Where it cannot be done, the runtime waits.
 */
export function wakeCgroups(): void {
  const now = performance.now()
  const layout = cgroupLayout()
  if (now - lastWoken < pause || process.getuid?.() !== 0 || layout === 'none') return
  lastWoken = now
  const folder = ownGroup(layout, fs.readFileSync('/proc/self/cgroup', 'latin1'))
  if (folder === undefined) return
  fs.open(`${folder}/cgroup.procs`, fs.constants.O_WRONLY, (openError, fd) => {
    if (openError !== null) return
    fs.write(fd, '0', () => fs.close(fd, () => undefined)) // 0 is the process that writes
  })
}

/** Milliseconds within which once is enough. */
const pause = 50
let lastWoken = Number.NEGATIVE_INFINITY

/** The host folder of a group of this process. `lines` are those of /proc/self/cgroup: number:controllers:path. */
export function ownGroup(layout: CgroupLayout, lines: string): string | undefined {
  if (layout === 'none') return undefined
  const entries = lines.split('\n').map((line) => /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [])
  const [, , controllers = '', path] =
    entries.find(([, number]) => (layout === 'v2' ? number === '0' : number !== undefined && number !== '0')) ?? []
  if (path === undefined) return undefined
  return `${cgroupRoot}${layout === 'v2' ? '' : `/${controllers.replace(/^name=/, '')}`}${path === '/' ? '' : path}`
}
