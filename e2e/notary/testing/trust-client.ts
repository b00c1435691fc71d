import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOutput, run, tail } from '../../testing/run.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import type { TrustServer } from './trust-server.ts'

/** A person with a data folder and a key store, who uses `ibuild trust`, docker and notary. */
export interface TrustClient {
  /** Holds `docker`, whose `trust` is the key store, and `data`. */
  readonly folder: string
  /** Runs `ibuild` with these words; a non-zero exit is an error. Gives stdout. */
  ibuild(...args: readonly string[]): Promise<string>
  /** Runs `ibuild trust` with these words; a non-zero exit is an error. Gives stdout. */
  trust(...args: readonly string[]): Promise<string>
  /** Runs `ibuild trust`; a non-zero exit is a result. */
  try(...args: readonly string[]): Promise<RunOutput>
  /** Runs the docker command; a non-zero exit is an error. Gives all that it wrote. */
  docker(...args: readonly string[]): Promise<string>
  /** Runs the notary command on the same key store; a non-zero exit is an error. Gives all that it wrote. */
  notary(...args: readonly string[]): Promise<string>
}

/** A client of a trust server, whose authority it was told of. */
export async function trustClient(
  server: Pick<TrustServer, 'url' | 'authority'>,
  folder: string,
): Promise<TrustClient> {
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'docker')
  const env = {
    HOME: folder,
    DOCKER_CONFIG: config,
    IBUILD_ROOT: join(folder, 'data'),
    DOCKER_CONTENT_TRUST_SERVER: server.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root-passphrase',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository-passphrase',
    NOTARY_ROOT_PASSPHRASE: 'root-passphrase',
    NOTARY_TARGETS_PASSPHRASE: 'repository-passphrase',
    NOTARY_SNAPSHOT_PASSPHRASE: 'repository-passphrase',
    NOTARY_DELEGATION_PASSPHRASE: 'repository-passphrase',
  }
  const start = async (program: string, args: readonly string[]): Promise<RunOutput> =>
    run(program, args, { cwd: folder, env, input: 'yes\n', timeout: 60_000 })
  const need = async (program: string, args: readonly string[]): Promise<RunOutput> => {
    const output = await start(program, args)
    if (output.code === 0) return output
    throw new Error(`${args.join(' ')} ended with ${output.code}\n${tail(output.stdout + output.stderr)}`)
  }
  const ibuild = async (...args: readonly string[]): Promise<string> =>
    (await need(process.execPath, [ibuildScript, ...args])).stdout
  const all = ({ stdout, stderr }: RunOutput): string => stdout + stderr
  const flags = ['-s', server.url, '--tlscacert', server.authority, '-d', join(config, 'trust')]
  await ibuild('trust', 'setup', new URL(server.url).host, '--ca', server.authority)
  return {
    folder,
    ibuild,
    trust: async (...args) => ibuild('trust', ...args),
    try: async (...args) => start(process.execPath, [ibuildScript, 'trust', ...args]),
    docker: async (...args) => all(await need(requireProgram('docker'), args)),
    notary: async (...args) => all(await need(requireProgram('notary'), [...flags, ...args])),
  }
}
