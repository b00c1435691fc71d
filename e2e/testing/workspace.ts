import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { requireProgram } from './programs.ts'
import { type RunOptions, type RunOutput, run, runOk } from './run.ts'

/** The command as a script for Node that runs the sources, for tests that change these while they are loaded. */
export const sourceScript: string = join(import.meta.dirname, '../../bin/ibuild.cjs')
/** The command as a script for Node: that of the sources, or the one that was built for a whole run of the tests. */
export const ibuildScript: string = process.env['IBUILD_TEST_COMMAND'] ?? sourceScript
const passwd =
  'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'
const group = 'root:x:0:\napp:x:1001:\nextra:x:1002:app\nnogroup:x:65534:\n'

/** A folder of a test with a data folder of its own; gone when the test ends. */
export interface Workspace {
  readonly folder: string
  /** Data folder of the store. */
  readonly root: string
  /** Writes files below the folder, making parents; gives the absolute path of the folder `name`. */
  write(name: string, files: Readonly<Record<string, string>>): string
  /** Runs the command; a non-zero exit is a result. */
  ibuild(args: readonly string[], options?: RunOptions): Promise<RunOutput>
  /** Runs the command; a non-zero exit fails the test. */
  ok(args: readonly string[], options?: RunOptions): Promise<RunOutput>
}

/** Makes a workspace; with `base` the store holds the image busybox:latest. `script` is the command. */
export async function makeWorkspace(
  t: Pick<ExecutionContext, 'teardown'>,
  { base = false, script = ibuildScript }: { base?: boolean; script?: string } = {},
): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const root = join(folder, 'data')
  const env = { IBUILD_ROOT: root }
  const ibuild = (args: readonly string[], options: RunOptions = {}): Promise<RunOutput> =>
    run(process.execPath, [script, ...args], { cwd: folder, ...options, env: { ...env, ...options.env } })
  const workspace: Workspace = {
    folder,
    root,
    ibuild,
    write: (name, files) => writeFiles(join(folder, name), files),
    async ok(args, options) {
      const output = await ibuild(args, options)
      if (output.code !== 0) throw new Error(`ibuild ${args.join(' ')} ended with ${output.code}\n${output.stderr}`)
      return output
    },
  }
  if (base) await workspace.ok(['import', '-', 'busybox'], { input: await busyboxTar() })
  return workspace
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

let made: Promise<Buffer> | undefined

/** A root filesystem of busybox and a few accounts, as a tar; made once for a test process. */
export function busyboxTar(): Promise<Buffer> {
  made ??= makeBusyboxTar()
  return made
}

async function makeBusyboxTar(): Promise<Buffer> {
  const busybox = requireProgram('busybox')
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-busybox-'))
  try {
    writeFiles(folder, { 'etc/passwd': passwd, 'etc/group': group })
    for (const name of ['bin', 'tmp', 'root', 'home/app', 'usr/bin', 'var'])
      mkdirSync(join(folder, name), { recursive: true })
    await runOk('cp', [busybox, join(folder, 'bin/busybox')])
    await runOk('sh', ['-c', 'for a in $(./busybox --list); do [ $a = busybox ] || ln -s busybox $a; done'], {
      cwd: join(folder, 'bin'),
    })
    await runOk('chmod', ['755', folder])
    await runOk('chmod', ['1777', join(folder, 'tmp')])
    return (
      await runOk('tar', ['--owner=0', '--group=0', '--sort=name', '--mtime=@1700000000', '-C', folder, '-c', '.'])
    ).bytes
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
