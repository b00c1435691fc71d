import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { fillDisk } from '../testing/own-disk.ts'
import { run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** A workspace whose commands see two small disks; `root` is where this process sees the data folder. */
export interface SmallDisks extends Workspace {
  /** A folder on the disk of outputs: 2 MiB, as the commands see it. */
  readonly output: string
  /** The same, as this process sees it. */
  readonly outputSeen: string
  /** Takes the last byte of the data folder's disk. */
  fill(): void
}

/**
 * Mounts the disks in a namespace that a process holds open, so that they go with the test however it ends. Commands enter
 * that namespace.
 */
export async function makeSmallDisks(t: ExecutionContext, mebibytes: number): Promise<SmallDisks> {
  const space = await makeWorkspace(t)
  const [disk, output] = [join(space.folder, 'disk'), join(space.folder, 'output')]
  mkdirSync(disk)
  mkdirSync(output)
  const pid = await holdNamespace(t, { DISK: disk, OUTPUT: output, SIZE: `size=${mebibytes}m` })
  const env = { IBUILD_ROOT: join(disk, 'data') }
  const ibuild: Workspace['ibuild'] = (args, options = {}) =>
    run('nsenter', ['-t', String(pid), '-m', process.execPath, ibuildScript, ...args], {
      cwd: space.folder,
      ...options,
      env: { ...env, ...options.env },
    })
  const seen = (path: string): string => `/proc/${pid}/root${path}`
  return {
    folder: space.folder,
    root: seen(join(disk, 'data')),
    output,
    outputSeen: seen(output),
    write: (name, files) => space.write(name, files),
    ibuild,
    async ok(args, options) {
      const result = await ibuild(args, options)
      if (result.code !== 0) throw new Error(`ibuild ${args.join(' ')} ended with ${result.code}\n${result.stderr}`)
      return result
    },
    fill: () => fillDisk(seen(join(disk, 'filler'))),
  }
}

async function holdNamespace(t: ExecutionContext, env: NodeJS.ProcessEnv): Promise<number> {
  const script =
    'mount -t tmpfs -o "$SIZE" tmpfs "$DISK"; mount -t tmpfs -o size=2m tmpfs "$OUTPUT"; echo ready; exec cat'
  const args = ['-m', '--propagation', 'private', 'sh', '-ec', script]
  const holder = spawn('unshare', args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(async () => {
    const ended = once(holder, 'exit')
    holder.stdin.end()
    await ended
  })
  await once(holder.stdout, 'data')
  if (holder.pid === undefined) throw new Error('unshare did not start')
  return holder.pid
}
