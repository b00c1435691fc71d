import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../../testing/programs.ts'
import { runOk } from '../../testing/run.ts'
import { ibuildScript, type Workspace } from '../../testing/workspace.ts'

const repository = join(import.meta.dirname, '../../..')

/** Builds the Dockerfile of the project with ibuild, upon a base of Debian's packages, as `name`. Needs root and network. */
export async function buildServiceImage(space: Workspace, name: string): Promise<void> {
  const env = { IBUILD_ROOT: space.root, IBUILD_TEST_COMMAND: ibuildScript }
  await runOk(process.execPath, [join(repository, 'scripts/base-image.ts'), 'base'], { env, timeout: 600_000 })
  const flags = ['--network', 'host', '--progress', 'plain', '--build-arg', 'BASE=base', ...npmArguments()]
  const npmEnvironment = { npm_config_registry: npmRegistry() }
  await space.ok(['build', ...flags, '-t', name, repository], { env: npmEnvironment, timeout: 600_000 })
}

/** Where npm gets packages here: the value goes through the environment. */
function npmRegistry(): string {
  return execFileSync(requireProgram('npm'), ['config', 'get', 'registry'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

/** The base image has the certificates that Node trusts here beside its own. */
function npmArguments(): string[] {
  const trusted = process.env['NODE_EXTRA_CA_CERTS']
  const certificates =
    trusted !== undefined && existsSync(trusted)
      ? ['--build-arg', 'NODE_EXTRA_CA_CERTS=/usr/local/share/host-certificates.crt']
      : []
  return ['--build-arg', 'npm_config_registry', ...certificates]
}
