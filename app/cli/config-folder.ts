import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where settings of a user are: XDG_CONFIG_HOME, else `~/.config`. */
export function configFolder(env: Environment): string {
  return env['XDG_CONFIG_HOME'] || join(homeOf(env), '.config')
}

export function homeOf(env: Environment): string {
  return env['HOME'] || homedir()
}
