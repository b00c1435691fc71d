import { chmodSync, copyFileSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'

const sources = join(import.meta.dirname, '../../testdata/sandbox')

/** Makes a root filesystem with busybox, the probe, and the system call part of the probe when a C compiler is there. */
export async function makeProbeRoot(root: string): Promise<void> {
  for (const name of ['bin', 'tmp', 'etc']) mkdirSync(join(root, name), { recursive: true })
  chmodSync(join(root, 'tmp'), 0o1777)
  const busybox = join(root, 'bin/busybox')
  copyFileSync(requireProgram('busybox'), busybox)
  const applets = (await runOk(busybox, ['--list'])).stdout.trim().split('\n')
  for (const name of applets) if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name))
  copyFileSync(join(sources, 'probe.sh'), join(root, 'probe.sh'))
  const compiler = findProgram('gcc')
  if (compiler === undefined) return
  const calls = join(root, 'probe-calls')
  await runOk(compiler, ['-static', '-O1', '-o', calls, join(sources, 'calls.c')])
  copyFileSync(calls, join(root, 'probe-setuid'))
  chmodSync(join(root, 'probe-setuid'), 0o4755)
}

/** The command that runs the probe; it is told the namespaces of the host. */
export function probeCommand(): string[] {
  const folder = '/proc/self/ns'
  return ['/bin/sh', '/probe.sh', ...readdirSync(folder).map((name) => readlinkSync(join(folder, name)))]
}
