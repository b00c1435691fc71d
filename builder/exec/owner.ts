import { randomBytes } from 'node:crypto'
import fs from 'node:fs'

/**
 * A new name for something that stays on the host when this process is killed. It says who made it (pid namespace,
 * process id and start time), so that a later process can tell what is abandoned.
 */
export function ownedName(): string {
  const unique = randomBytes(6).toString('hex')
  return `${ownPidNamespace()}-${process.pid}-${startTimeOf(process.pid) ?? '0'}-${unique}`
}

/** True when a process of this pid namespace made that name, and is dead. False for all other names. */
export function isAbandoned(name: string): boolean {
  const [, pidNamespace, pid, startTime] = /^(\d+)-(\d+)-(\d+)-[0-9a-f]+$/.exec(name) ?? []
  if (pidNamespace === undefined || pidNamespace !== ownPidNamespace()) return false
  return startTimeOf(Number(pid)) !== startTime
}

function ownPidNamespace(): string {
  return /\d+/.exec(fs.readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** Start time of a living process in clock ticks since boot, as text; undefined when there is none, or a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
