import type { Limits, NetworkMode } from '../../../builder/exec/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { collect } from '../arguments.ts'
import { parseCount, parseSize } from '../sizes.ts'
import type { FlagGroup } from './flag-group.ts'

/** How RUN steps are started: network, runtime and limits. */
export interface RunFlags {
  readonly network: string
  readonly addHost?: string[]
  readonly runtime?: string
  readonly memory?: string
  readonly shmSize?: string
  readonly cpuQuota?: string
  readonly cpuPeriod?: string
  readonly cpuShares?: string
  readonly ulimit?: string[]
}

export const runFlags: FlagGroup<RunFlags> = {
  declare: (parser) =>
    parser
      .option('--network <mode>', 'network of RUN steps: default, none or host', 'default')
      .option('--add-host <name:ip>', 'line in /etc/hosts of RUN steps (repeat)', collect)
      .option('--runtime <name>', 'runc, crun or a path (default: crun where it works, else runc)')
      .option('-m, --memory <bytes>', 'memory limit of a RUN step, for example 512m')
      .option('--shm-size <bytes>', 'size of /dev/shm in RUN steps')
      .option('--cpu-quota <microseconds>', 'CPU time of a RUN step in each period')
      .option('--cpu-period <microseconds>', 'length of a CPU period')
      .option('--cpu-shares <weight>', 'relative CPU weight of RUN steps')
      .option('--ulimit <name=soft[:hard]>', 'resource limit of RUN steps (repeat)', collect),
  toOptions: (flags) => ({
    network: parseNetwork(flags.network),
    extraHosts: (flags.addHost ?? []).map(parseHost),
    ...(flags.runtime !== undefined && { runtime: flags.runtime }),
    limits: limitsOf(flags),
  }),
}

export function parseNetwork(text: string): NetworkMode {
  if (text === 'default' || text === 'none' || text === 'host') return text
  throw new IbuildError('USAGE', `--network: ${JSON.stringify(text)} is not default, none or host`)
}

/** `name:ip` or `name=ip`; gives `name:ip`. */
function parseHost(text: string): string {
  const match = /^([A-Za-z0-9_.-]+)[:=]\[?([0-9a-fA-F.:]+)\]?$/.exec(text)
  if (match !== null) return `${match[1]}:${match[2]}`
  throw new IbuildError('USAGE', `--add-host: ${JSON.stringify(text)} is not name:ip`)
}

function limitsOf(flags: RunFlags): Limits {
  return {
    ...(flags.memory !== undefined && { memory: parseSize(flags.memory, '--memory') }),
    ...(flags.shmSize !== undefined && { shmSize: parseSize(flags.shmSize, '--shm-size') }),
    ...(flags.cpuQuota !== undefined && { cpuQuota: parseCount(flags.cpuQuota, '--cpu-quota') }),
    ...(flags.cpuPeriod !== undefined && { cpuPeriod: parseCount(flags.cpuPeriod, '--cpu-period') }),
    ...(flags.cpuShares !== undefined && { cpuShares: parseCount(flags.cpuShares, '--cpu-shares') }),
    ...(flags.ulimit !== undefined && { ulimits: flags.ulimit.map(parseUlimit) }),
  }
}

function parseUlimit(text: string): { name: string; soft: number; hard: number } {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (match?.[1] === undefined) {
    throw new IbuildError('USAGE', `--ulimit: ${JSON.stringify(text)} is not name=soft[:hard]`, {
      hint: 'For example nofile=1024:2048.',
    })
  }
  return { name: match[1], soft: Number(match[2]), hard: Number(match[3] ?? match[2]) }
}
