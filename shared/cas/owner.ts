import { readFileSync, readlinkSync } from 'node:fs'

/**
 * A process as text that can stand in a file name: `pid-starttime-boot-namespace`. No other process of this machine ever
 * has the same, so a file that carries one can be told from the left-over of a process that was killed.
 */
export type OwnerName = string

const ownerPattern = /^(\d+)-(\d+)-([0-9a-f]{12})-(\d+)$/
let bootID: string | undefined
let self: OwnerName | undefined

/** The kernel's random name of this boot. */
export function currentBoot(): string {
  bootID ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootID
}

/** The name of this process. */
export function ownOwner(): OwnerName {
  self ??= `${process.pid}-${startTimeOf('self')}-${shortBoot()}-${pidNamespace()}`
  return self
}

const day = 24 * 60 * 60 * 1000

/**
 * True when the process of that name still runs. False for text that is not such a name. A process of another pid
 * namespace cannot be looked up: it counts as dead `lifetime` milliseconds after what it left was touched for the last
 * time (`touchedAt`, milliseconds since the epoch).
 */
export function isOwnerAlive(name: OwnerName, touchedAt: number, lifetime = day): boolean {
  const [, pid = '', startTime, boot, namespace] = ownerPattern.exec(name) ?? []
  if (boot !== shortBoot()) return false
  if (namespace !== pidNamespace()) return Date.now() - touchedAt < lifetime
  return startTimeOf(pid) === startTime
}

function shortBoot(): string {
  return currentBoot().replaceAll('-', '').slice(0, 12)
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. Undefined when there is none. */
function startTimeOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
