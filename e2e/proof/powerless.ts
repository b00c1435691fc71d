import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import type { ExecutionContext } from 'ava'
import { repository } from '../../scripts/repository.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { type Trace, trace } from './trace.ts'

const nobody = '65534'
const noRights = ['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']

/** Mounts the repository and Node where anybody may look at them, whatever folders they lie in. */
const prepare = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"'

/** A user without any right, and a folder that is theirs. */
export interface Powerless {
  readonly folder: string
  /** Their data folder. */
  readonly root: string
  /** Runs a program as that user; the environment is empty but for PATH. */
  run(program: readonly string[]): Promise<string>
  /** Runs the command as that user and logs calls of it. */
  trace(args: readonly string[], syscalls: readonly string[]): Promise<Trace>
}

/** Needs root, setpriv and unshare. The folder is removed when the test ends. */
export function makePowerless(t: ExecutionContext): Powerless {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-nobody-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [seen, node] = [join(folder, 'repository'), join(folder, 'node')]
  for (const name of [seen, node]) mkdirSync(name)
  chownSync(folder, Number(nobody), Number(nobody))

  const program = realpathSync(process.execPath)
  const outside = ['--mount', 'sh', '-c', prepare, 'sh', repository, seen, dirname(program), node]
  const drop = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, ...noRights, 'env', '-i', 'PATH=/usr/bin:/bin']
  const root = join(folder, 'data')
  const command = [join(node, basename(program)), join(seen, relative(repository, ibuildScript)), '--root', root]
  return {
    folder,
    root,
    run: async (words) => (await runOk('unshare', [...outside, ...drop, ...words], { cwd: folder })).stdout,
    trace: (args, syscalls) =>
      trace(syscalls, (strace) =>
        runOk('unshare', [...outside, ...strace, ...drop, ...command, ...args], { cwd: folder }),
      ),
  }
}
