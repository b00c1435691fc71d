import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The data folder: --root, IBUILD_ROOT, /var/lib/ibuild for root, else $XDG_DATA_HOME/ibuild. */
export function dataFolder(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const named = option ?? env['IBUILD_ROOT']
  if (named !== undefined && named !== '') return resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/ibuild'
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'ibuild')
}
