import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from '../testing/run.ts'
import type { Case } from './cases.ts'

/**
 * Makes the build context of a case in `directory`: its files with modes and owners as git means them, then what
 * prepare.sh adds (things that git cannot hold), then times in the past that no other case has, because BuildKit takes
 * files of equal name, size and time for equal.
 */
export async function makeContext(one: Case, directory: string, order: number): Promise<void> {
  cpSync(one.directory, directory, { recursive: true, verbatimSymlinks: true })
  await runOk('chmod', ['-R', 'u=rwX,go=rX', directory])
  await runOk('chown', ['-R', '-h', '0:0', directory])
  const prepare = join(directory, 'prepare.sh')
  if (existsSync(prepare)) await runOk('sh', ['-eu', 'prepare.sh'], { cwd: directory })
  for (const name of ['prepare.sh', 'case.json']) rmSync(join(directory, name), { force: true })
  await runOk('python3', ['-c', setTimes, directory, String(firstTime + order * 100_000)])
}

const firstTime = 1_300_000_000

/**
 * Every file gets the next second, directories last; files that prepare.sh gave a time before 2010 keep it. Arguments:
 * the folder, the first second.
 */
const setTimes = `
import os, sys
paths = []
for parent, directories, files in os.walk(os.fsencode(sys.argv[1]), topdown=False):
    paths += [os.path.join(parent, name) for name in sorted(files + directories)]
for second, path in enumerate(paths, int(sys.argv[2])):
    if os.lstat(path).st_mtime >= 1262304000:
        os.utime(path, (second, second), follow_symlinks=False)
`
