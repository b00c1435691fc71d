import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

/** The processor as Debian and Go name it. */
export const debianArch = process.arch === 'x64' ? 'amd64' : process.arch

/** The command for people that installs packages. */
export function aptCommand(names: readonly string[]): string {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(' ')}`
}

/** True when this process can install Debian packages. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** True when dpkg has a package; undefined on a system without dpkg. */
export function isInstalled(name: string): boolean | undefined {
  if (!existsSync('/var/lib/dpkg/info')) return undefined
  return existsSync(`/var/lib/dpkg/info/${name}.list`) || existsSync(`/var/lib/dpkg/info/${name}:${debianArch}.list`)
}

/** Installs packages; fetches the lists first when there are none, or when they turn out to be old. */
export function install(names: readonly string[]): void {
  if (!readdirSync('/var/lib/apt/lists').some((file) => file.includes('_Packages'))) apt('update')
  try {
    apt('install', '-y', '--no-install-recommends', ...names)
  } catch {
    apt('update')
    apt('install', '-y', '--no-install-recommends', ...names)
  }
}

function apt(...args: readonly string[]): void {
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0']
  execFileSync('apt-get', [...options, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }, // 1: no service is started
  })
}
