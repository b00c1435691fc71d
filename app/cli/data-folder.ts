import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { IbuildError } from '../../shared/base/errors.ts'

/** The data folder: --root, IBUILD_ROOT, /var/lib/ibuild for root, else $XDG_DATA_HOME/ibuild. Errors: USAGE. */
export function dataFolder(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (option === '') throw new IbuildError('USAGE', '--root is empty', { hint: 'Name a folder, or leave --root out.' })
  const named = option ?? env['IBUILD_ROOT']
  if (named !== undefined && named !== '') return resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/ibuild'
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'ibuild')
}
