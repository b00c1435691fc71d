import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunOptions, type RunOutput, run, tail } from '../../testing/run.ts'

/** A root filesystem in which systemd runs as process 1, with a network of its own. */
export interface SystemdMachine {
  /** Its root filesystem, as it is seen from outside. */
  readonly root: string
  /** Runs a program in it, as root, with nothing of this environment; a non-zero exit is a result. */
  run(words: readonly string[], options?: Omit<RunOptions, 'env'>): Promise<RunOutput>
  /** As run, but a non-zero exit is an error. Gives what it printed. */
  ok(words: readonly string[], options?: Omit<RunOptions, 'env'>): Promise<string>
  /** Kills all that runs in it. */
  close(): Promise<void>
}

/** Where the second version of control groups is mounted here; undefined where it is not. */
export function groupsFolder(): string | undefined {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
}

/** Takes `$1`, a control group, for itself, and begins namespaces in which it is the first one. */
const enter = `echo $$ >"$1/cgroup.procs" && shift && exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child=KILL "$@"`
/** What a machine finds when it starts: its devices, and nothing of what is mounted here. */
const boot = `set -eu
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do cp -a "/dev/$name" dev/; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . mnt
umount -l /mnt
mount --make-rshared /
exec env -i PATH=/usr/sbin:/usr/bin container=test /lib/systemd/systemd --unit=multi-user.target`

/** Starts systemd upon a root filesystem that has it; `folder` gets the log. Needs root, and {@link groupsFolder}. */
export async function startSystemd(root: string, folder: string): Promise<SystemdMachine> {
  const group = join(groupsFolder() ?? '', `ibuild-systemd-${process.pid}`)
  mkdirSync(group)
  writeFileSync(join(root, 'etc/machine-id'), `${'0'.repeat(31)}1\n`)
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  const log = join(folder, 'systemd.log')
  const child = launch(['sh', '-c', enter, 'sh', group, 'sh', '-c', boot, 'sh', root], log)
  const machine = machineOf(root, child, group)
  try {
    await untilUp(machine, child)
  } catch (cause) {
    await machine.close()
    throw new Error(`systemd did not start\n${tail(readFileSync(log, 'utf8'))}`, { cause })
  }
  return machine
}

function launch(words: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'w')
  try {
    return spawn('setpriv', ['--pdeathsig', 'KILL', ...words], { stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

function machineOf(root: string, child: ChildProcess, group: string): SystemdMachine {
  const enterIt = (): string[] => [
    '--target',
    firstChild(child),
    '--mount',
    '--pid',
    '--uts',
    '--ipc',
    '--net',
    '--cgroup',
  ]
  const inside = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8']
  const runIn: SystemdMachine['run'] = async (words, options) =>
    run('nsenter', [...enterIt(), ...inside, ...words], options)
  return {
    root,
    run: runIn,
    async ok(words, options) {
      const { code, stdout, stderr } = await runIn(words, options)
      if (code === 0) return stdout
      throw new Error(`${words.join(' ')} ended with ${code} in the machine\n${tail(stdout + stderr)}`)
    },
    async close() {
      await killed(child)
      await removeGroup(group)
    },
  }
}

/** Process 1 of the machine, as it is called here; unshare waits for it. */
function firstChild({ pid = 0 }: ChildProcess): string {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  if (/^\d+$/.test(children)) return children
  throw new Error('the machine is not there')
}

async function untilUp(machine: SystemdMachine, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended')
    const state = await machine.run(['systemctl', 'is-active', 'multi-user.target']).catch(() => undefined)
    if (state?.stdout === 'active\n') return
  }
  throw new Error('it was not up within a minute')
}

/** With unshare goes process 1, and with that all others. */
async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGKILL')
  await promise
}

/** Groups below it first; their last processes may be about to end. */
async function removeGroup(group: string): Promise<void> {
  for (const end = Date.now() + 10_000; ; await sleep(50)) {
    const { stdout } = await run('find', [group, '-depth', '-type', 'd'])
    try {
      for (const folder of stdout.split('\n').filter((line) => line !== '')) rmdirSync(folder)
      return
    } catch (error) {
      if (Date.now() >= end) throw error
    }
  }
}
