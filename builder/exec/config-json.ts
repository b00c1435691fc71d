import {
  defaultCapabilities,
  deviceRules,
  maskedPaths,
  networkSysctls,
  readonlyPaths,
  systemMounts,
} from './sandbox.ts'
import type { SeccompConfig } from './seccomp.ts'
import type { Limits, RunRequest } from './types.ts'

/**
 * The network namespace of a container: that in which the runtime is started, a new one with loopback only, or that of a
 * path that the runtime sees.
 */
export type NetworkNamespace = 'inherited' | 'new' | { readonly path: string }

export interface ConfigInput {
  readonly request: Pick<RunRequest, 'args' | 'env' | 'cwd' | 'user' | 'hostname' | 'limits'>
  /** Host path of the mounted root filesystem. */
  readonly rootfs: string
  readonly network: NetworkNamespace
  /** Host files shown read-only: /etc/hosts, /etc/resolv.conf and the files of the request. */
  readonly files: readonly { readonly source: string; readonly destination: string }[]
  /** Path of the container's control group, below the root of the hierarchy. Undefined: the caller's own. */
  readonly cgroup: string | undefined
  readonly cgroupNamespace: boolean
  /** True when memory and swap together can be limited. */
  readonly swapLimit: boolean
  /** How many files a process may open when it asks for more than the usual 1024. */
  readonly openFiles: number
  readonly seccomp: SeccompConfig | undefined
  readonly annotations: Readonly<Record<string, string>>
}

const defaultShmSize = 64 * 1024 * 1024

/** The config.json of a container (OCI runtime-spec 1.0) with the sandbox that `docker run` gives by default. */
export function runtimeConfig(input: ConfigInput): object {
  const { request } = input
  return {
    ociVersion: '1.0.0',
    process: processOf(request, input.openFiles),
    root: { path: input.rootfs },
    hostname: request.hostname,
    mounts: [...systemMounts(request.limits.shmSize ?? defaultShmSize), ...input.files.map(bindMount)],
    ...(Object.keys(input.annotations).length === 0 ? {} : { annotations: input.annotations }),
    linux: linuxOf(input),
  }
}

function processOf(request: ConfigInput['request'], openFiles: number): object {
  const { uid, gid, additionalGids } = request.user
  return {
    user: { uid, gid, additionalGids: [...new Set([gid, ...additionalGids])] },
    args: request.args,
    env: request.env,
    cwd: request.cwd,
    capabilities: capabilitiesOf(uid),
    oomScoreAdj: 0,
    rlimits: rlimitsOf(request.limits, openFiles),
  }
}

/** A user who is not root starts without any, but a setuid program may gain all of the bounding set. */
function capabilitiesOf(uid: number): object {
  const bounding = { bounding: defaultCapabilities }
  return uid === 0 ? { ...bounding, effective: defaultCapabilities, permitted: defaultCapabilities } : bounding
}

/**
 * Node raises the number of files that it may open to the maximum, and some programs go through all that they may open:
 * a container gets the usual number to start with.
 */
function rlimitsOf({ ulimits = [] }: Limits, openFiles: number): object[] {
  const asked = ulimits.map(rlimit)
  if (ulimits.some(({ name }) => name.toLowerCase() === 'nofile')) return asked
  return [...asked, rlimit({ name: 'nofile', soft: Math.min(1024, openFiles), hard: openFiles })]
}

function rlimit({ name, soft, hard }: NonNullable<Limits['ulimits']>[number]): object {
  return { type: `RLIMIT_${name.toUpperCase()}`, soft: unlimitedIfNegative(soft), hard: unlimitedIfNegative(hard) }
}

/** RLIM_INFINITY is 2^64-1, which JSON numbers of JavaScript cannot hold exactly; 2^63 is beyond every cap all the same. */
function unlimitedIfNegative(value: number): number {
  return value < 0 ? 2 ** 53 - 1 : value
}

function bindMount(file: { readonly source: string; readonly destination: string }): object {
  return { ...file, type: 'bind', options: ['bind', 'rprivate', 'ro', 'nosuid', 'nodev'] }
}

function linuxOf(input: ConfigInput): object {
  return {
    namespaces: namespacesOf(input),
    ...(input.network === 'new' ? { sysctl: networkSysctls } : {}),
    ...(input.cgroup === undefined ? {} : { cgroupsPath: input.cgroup }),
    resources: { devices: deviceRules, ...resourcesOf(input.request.limits, input.swapLimit) },
    maskedPaths,
    readonlyPaths,
    ...(input.seccomp === undefined ? {} : { seccomp: input.seccomp }),
  }
}

function namespacesOf({ network, cgroupNamespace }: ConfigInput): object[] {
  const types = ['mount', 'pid', 'ipc', 'uts', ...(cgroupNamespace ? ['cgroup'] : [])]
  const namespaces = [...types, ...(network === 'new' ? ['network'] : [])].map((type) => ({ type }))
  return typeof network === 'string' ? namespaces : [...namespaces, { type: 'network', path: network.path }]
}

function resourcesOf(limits: Limits, swapLimit: boolean): object {
  const { memory, cpuQuota, cpuPeriod, cpuShares, pids } = limits
  const cpu = withoutUndefined({ quota: cpuQuota, period: cpuPeriod, shares: cpuShares })
  return {
    ...(memory === undefined ? {} : { memory: { limit: memory, ...(swapLimit ? { swap: memory * 2 } : {}) } }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  }
}

function withoutUndefined(object: Readonly<Record<string, number | undefined>>): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
