import test from 'ava'
import { type ConfigInput, runtimeConfig } from './config-json.ts'
import { defaultCapabilities } from './sandbox.ts'
import { seccompConfig } from './seccomp.ts'

const request: ConfigInput['request'] = {
  args: ['/bin/sh', '-c', 'true'],
  env: ['A=b'],
  cwd: '/work',
  user: { uid: 0, gid: 0, additionalGids: [] },
  hostname: 'box',
  limits: {},
}

const input: ConfigInput = {
  request,
  rootfs: '/merged',
  network: 'inherited',
  files: [],
  cgroup: '/ibuild/x',
  cgroupNamespace: true,
  swapLimit: true,
  openFiles: 5000,
  seccomp: undefined,
  annotations: {},
}

type Limits = ConfigInput['request']['limits']
const withLimits = (limits: Limits): ConfigInput => ({ ...input, request: { ...request, limits } })
const withUser = (user: ConfigInput['request']['user']): ConfigInput => ({ ...input, request: { ...request, user } })

/** The value at a path like `linux.resources.memory`; a number names an element. */
function at(config: unknown, place: string): unknown {
  return place.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], config)
}

const rows: readonly [title: string, input: ConfigInput, place: string, expected: unknown][] = [
  ['the command', input, 'process.args', ['/bin/sh', '-c', 'true']],
  ['no terminal', input, 'process.terminal', undefined],
  ['the working directory', input, 'process.cwd', '/work'],
  ['root has the default capabilities', input, 'process.capabilities.effective', defaultCapabilities],
  ['nobody inherits capabilities', input, 'process.capabilities.inheritable', undefined],
  ['a user has none', withUser({ uid: 1, gid: 1, additionalGids: [] }), 'process.capabilities.effective', undefined],
  [
    'a user may gain them',
    withUser({ uid: 1, gid: 1, additionalGids: [] }),
    'process.capabilities.bounding',
    defaultCapabilities,
  ],
  ['setuid programs work', input, 'process.noNewPrivileges', undefined],
  [
    'the main group is among the groups',
    withUser({ uid: 1, gid: 5, additionalGids: [7, 5] }),
    'process.user',
    { uid: 1, gid: 5, additionalGids: [5, 7] },
  ],
  ['the root filesystem is writable', input, 'root', { path: '/merged' }],
  ['the host name', input, 'hostname', 'box'],
  [
    'namespaces with the host network',
    input,
    'linux.namespaces',
    ['mount', 'pid', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
  ],
  ['no network', { ...input, network: 'new' }, 'linux.namespaces.5', { type: 'network' }],
  ['no sysctl in a network of others', input, 'linux.sysctl', undefined],
  [
    'any port in its own network',
    { ...input, network: 'new' },
    'linux.sysctl',
    { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' },
  ],
  ['a kernel without cgroup namespaces', { ...input, cgroupNamespace: false }, 'linux.namespaces.4', undefined],
  ['the control group', input, 'linux.cgroupsPath', '/ibuild/x'],
  ['no control group', { ...input, cgroup: undefined }, 'linux.cgroupsPath', undefined],
  ['devices are refused first', input, 'linux.resources.devices.0', { allow: false, access: 'rwm' }],
  ['memory with as much swap', withLimits({ memory: 100 }), 'linux.resources.memory', { limit: 100, swap: 200 }],
  [
    'memory where swap cannot be limited',
    { ...withLimits({ memory: 100 }), swapLimit: false },
    'linux.resources.memory',
    { limit: 100 },
  ],
  ['no memory limit', input, 'linux.resources.memory', undefined],
  [
    'processor',
    withLimits({ cpuQuota: 5, cpuPeriod: 10, cpuShares: 3 }),
    'linux.resources.cpu',
    { quota: 5, period: 10, shares: 3 },
  ],
  ['part of the processor limits', withLimits({ cpuShares: 3 }), 'linux.resources.cpu', { shares: 3 }],
  ['processes', withLimits({ pids: 7 }), 'linux.resources.pids', { limit: 7 }],
  [
    'ulimits',
    withLimits({ ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }),
    'process.rlimits',
    [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }],
  ],
  [
    'open files unless told otherwise',
    withLimits({ ulimits: [] }),
    'process.rlimits',
    [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 5000 }],
  ],
  [
    'open files on a host that allows few',
    { ...input, openFiles: 100 },
    'process.rlimits.0',
    { type: 'RLIMIT_NOFILE', soft: 100, hard: 100 },
  ],
  [
    'other ulimits',
    withLimits({ ulimits: [{ name: 'core', soft: 0, hard: -1 }] }),
    'process.rlimits.0',
    { type: 'RLIMIT_CORE', soft: 0, hard: 2 ** 53 - 1 },
  ],
  ['shared memory', withLimits({ shmSize: 4096 }), 'mounts.6.options.4', 'size=4096'],
  ['shared memory unless told otherwise', input, 'mounts.6.options.4', 'size=67108864'],
  ['/sys is read-only', input, 'mounts.3.options', ['nosuid', 'noexec', 'nodev', 'ro']],
  [
    'files',
    { ...input, files: [{ source: '/s', destination: '/d' }] },
    'mounts.7',
    { source: '/s', destination: '/d', type: 'bind', options: ['bind', 'rprivate', 'ro', 'nosuid', 'nodev'] },
  ],
  ['annotations', { ...input, annotations: { a: 'b' } }, 'annotations', { a: 'b' }],
  ['no annotations', input, 'annotations', undefined],
  ['no seccomp profile when it is compiled', input, 'linux.seccomp', undefined],
]

for (const [title, given, place, expected] of rows) {
  test(`${title}: ${place}`, (t) => t.deepEqual(at(runtimeConfig(given), place), expected))
}

test('the same input gives the same text', (t) => {
  t.is(JSON.stringify(runtimeConfig(input)), JSON.stringify(runtimeConfig(structuredClone(input))))
})

test('a profile is passed on', (t) => {
  const seccomp = seccompConfig('x64', defaultCapabilities)
  t.is(at(runtimeConfig({ ...input, seccomp }), 'linux.seccomp'), seccomp)
})
