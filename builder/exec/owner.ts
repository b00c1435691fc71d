import fs from 'node:fs'

/**
 * Names for what a process leaves on the host when it is killed. A name says who made it: pid namespace, process id and
 * start time, and a number; so a later process can tell what is abandoned.
 */
export function ownedName(number: number): string {
  return `${ownPidNamespace()}-${process.pid}-${startTimeOf(process.pid) ?? '0'}-${number}`
}

/** True when a process of this pid namespace made that name, and is dead. False for all other names. */
export function isAbandoned(name: string): boolean {
  const [, pidNamespace, pid, startTime] = /^(\d+)-(\d+)-(\d+)-\d+$/.exec(name) ?? []
  if (pidNamespace === undefined || pidNamespace !== ownPidNamespace()) return false
  return startTimeOf(Number(pid)) !== startTime
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
