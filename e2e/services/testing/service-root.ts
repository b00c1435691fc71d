import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debians, debianTar } from '../../testing/debian-base.ts'
import { runOk } from '../../testing/run.ts'

const repository = join(import.meta.dirname, '../../..')

/** Makes a Debian with systemd, this Node, and the package of the project as npm installs it. Needs root and network. */
export async function makeServiceRoot(root: string): Promise<void> {
  const tar = await debianTar(debians.services)
  mkdirSync(root)
  chmodSync(root, 0o755)
  await runOk('tar', ['-C', root, '--numeric-owner', '-xpf', tar])
  cpSync(process.execPath, join(root, 'usr/bin/node'))
  await install(join(root, 'usr'))
}

/** `npm install --global`; a whole run of the tests has built what is packed. */
async function install(prefix: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-pack-'))
  try {
    const quiet = ['--silent', '--no-audit', '--no-fund']
    const isBuilt = process.env['IBUILD_TEST_COMMAND'] !== undefined
    const pack = ['pack', ...quiet, ...(isBuilt ? ['--ignore-scripts'] : []), `--pack-destination=${folder}`]
    await runOk('npm', pack, { cwd: repository, timeout: 300_000 })
    const [tarball = ''] = globSync('ibuild-*.tgz', { cwd: folder })
    const words = ['install', ...quiet, '--global', '--prefer-offline', `--prefix=${prefix}`, join(folder, tarball)]
    await runOk('npm', words, { cwd: folder, timeout: 300_000 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
