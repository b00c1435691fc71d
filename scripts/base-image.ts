// `node scripts/base-image.ts [NAME] [IBUILD OPTIONS...]`: the image that the Dockerfile builds upon, for machines that pull from no
// registry: Debian's packages, this Node and its npm. Needs root, mmdebstrap and network.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { debians, debianTar } from '../e2e/testing/debian-base.ts'
import { requireProgram } from '../e2e/testing/programs.ts'
import { repository } from './repository.ts'

const [name = 'ibuild-base', ...options] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'ibuild-base-'))
try {
  ibuild('import', await debianTar(debians.node), `${name}-debian`)
  writeContext(folder)
  ibuild('build', '-t', name, folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function ibuild(command: string, ...words: readonly string[]): void {
  const script = process.env['IBUILD_TEST_COMMAND'] ?? join(repository, 'bin/ibuild.cjs')
  execFileSync(process.execPath, [script, command, ...options, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Node and npm as they are installed here, and the certificates that this machine trusts beside Debian's. */
function writeContext(folder: string): void {
  const local = join(folder, 'usr/local')
  for (const part of ['bin', 'lib/node_modules', 'share']) mkdirSync(join(local, part), { recursive: true })
  cpSync(process.execPath, join(local, 'bin/node'))
  cpSync(npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  const trusted = process.env['NODE_EXTRA_CA_CERTS']
  if (trusted !== undefined && existsSync(trusted)) cpSync(trusted, join(local, 'share/host-certificates.crt'))
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${name}-debian\nCOPY usr /usr\n`)
}

/** Above the npm that PATH leads to. */
function npmFolder(): string {
  return dirname(dirname(realpathSync(requireProgram('npm'))))
}
