import fs from 'node:fs'
import { hostResolvConf } from './etc-files.ts'
import { type HelperProgram, pasta, slirp } from './network-helper.ts'
import type { Tools } from './runtime-command.ts'

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const

/** Absolute path of a program in the system's folders; undefined when it is in none. */
export function findProgram(name: string): string | undefined {
  return folders.map((folder) => `${folder}/${name}`).find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}

/** The programs around the runtime that are here. */
export function findTools(): Tools {
  return {
    deathSignal: withArguments('setpriv', ['--pdeathsig', 'KILL']),
    ownProc: withArguments('unshare', ['--mount-proc', '--propagation', 'slave']),
  }
}

function withArguments(name: string, args: readonly string[]): string[] {
  const path = findProgram(name)
  return path === undefined ? [] : [path, ...args]
}

/** The helper for private networks that is here. pasta is only used where it can be made to end with this process. */
export function findNetworkHelper({ deathSignal }: Pick<Tools, 'deathSignal'>): HelperProgram | undefined {
  const [pastaPath, slirpPath] = [findProgram('pasta'), findProgram('slirp4netns')]
  if (pastaPath !== undefined && deathSignal.length > 0) return pasta(pastaPath, deathSignal, hostResolvConf())
  return slirpPath === undefined ? undefined : slirp(slirpPath)
}
