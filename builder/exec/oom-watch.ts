import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { eventfd } from '../../shared/sys/native.ts'
import { cgroupRoot, type Host } from './host.ts'

/** Tells whether the kernel killed a process of a container for memory. */
export interface OomWatch extends Disposable {
  /** Path of the group that the container is to be put in. */
  readonly cgroup: string
  /** To be asked once, after the container's end and before its group is removed. */
  killed(exitCode: number): boolean
}

/**
 * Watches a container whose group is `path`. With a memory limit the container gets a group inside of it, because the
 * runtime removes the group that it is given together with the kernel's account of what happened there.
 */
export function watchOom(host: Host, path: string, memory: number | undefined): OomWatch {
  if (memory === undefined || host.cgroups === 'none') return watchHost(path)
  return host.cgroups === 'v2' ? watchV2(path) : watchV1(host, path, memory)
}

/** Without a limit of its own a container can only run into that of the host: SIGKILL while the kernel killed something. */
function watchHost(path: string): OomWatch {
  const before = killsOnHost()
  const killed = (exitCode: number): boolean => exitCode === 137 && killsOnHost() > before
  return { cgroup: path, killed, [Symbol.dispose]: () => undefined }
}

function killsOnHost(): number {
  return counterIn('/proc/vmstat', 'oom_kill')
}

/** The account of a group includes those inside of it. */
function watchV2(path: string): OomWatch {
  const events = `${cgroupRoot}${path}/memory.events`
  const killed = (): boolean => counterIn(events, 'oom_kill') > 0
  return { cgroup: `${path}/container`, killed, [Symbol.dispose]: () => undefined }
}

function counterIn(file: string, name: string): number {
  try {
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(fs.readFileSync(file, 'latin1'))?.[1] ?? 0)
  } catch {
    return 0 // the kernel does not keep it
  }
}

/**
 * In v1 a group only tells about limits of its own. So the outer group gets the limit less one page, which makes it the
 * first to be hit, and the inner one the limit as asked for, which is what programs in the container see.
 */
function watchV1(host: Host, path: string, memory: number): OomWatch {
  const folder = `${cgroupRoot}/memory${path}`
  const page = 4096
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(`${folder}/memory.limit_in_bytes`, String(memory - page))
  if (host.swapLimit) fs.writeFileSync(`${folder}/memory.memsw.limit_in_bytes`, String(2 * memory - page))
  const events = eventfd()
  const control = fs.openSync(`${folder}/memory.oom_control`, 'r')
  fs.writeFileSync(`${folder}/cgroup.event_control`, `${events} ${control}`)
  fs.closeSync(control)
  return {
    cgroup: `${path}/container`,
    killed: () => hasEvent(events),
    [Symbol.dispose]: () => fs.closeSync(events),
  }
}

function hasEvent(fd: number): boolean {
  try {
    return fs.readSync(fd, new Uint8Array(8)) === 8
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return false
    throw error
  }
}
