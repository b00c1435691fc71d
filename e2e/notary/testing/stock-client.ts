import { join } from 'node:path'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOptions, type RunOutput, run, runOk } from '../../testing/run.ts'
import type { TrustServer } from './trust-server.ts'

/** The stock `notary` command with a trust folder of its own. */
export interface StockClient {
  /** Where it keeps keys and metadata. */
  readonly folder: string
  /** Runs it; a non-zero exit is an error. What it gives is all that it wrote. */
  notary(...args: readonly string[]): Promise<string>
  /** As `notary`, but a non-zero exit is a result. */
  try(...args: readonly string[]): Promise<RunOutput>
}

export const passphrases = {
  NOTARY_ROOT_PASSPHRASE: 'root-passphrase',
  NOTARY_TARGETS_PASSPHRASE: 'targets-passphrase',
  NOTARY_SNAPSHOT_PASSPHRASE: 'snapshot-passphrase',
  NOTARY_DELEGATION_PASSPHRASE: 'delegation-passphrase',
} as const

export interface StockOptions {
  /** `name:password`. */
  readonly account?: string
}

/** A client that keeps its data in `folder`. Needs the program `notary`. */
export function stockClient(
  server: Pick<TrustServer, 'url' | 'authority'>,
  folder: string,
  { account }: StockOptions = {},
): StockClient {
  const program = requireProgram('notary')
  const flags = ['-s', server.url, '--tlscacert', server.authority, '-d', folder]
  const auth = account === undefined ? undefined : Buffer.from(account).toString('base64')
  const options: RunOptions = {
    env: { ...passphrases, NOTARY_AUTH: auth, HOME: join(folder, '..') },
    input: 'yes\n',
    timeout: 60_000,
  }
  return {
    folder,
    notary: async (...args) => {
      const { stdout, stderr } = await runOk(program, [...flags, ...args], options)
      return stdout + stderr
    },
    try: (...args) => run(program, [...flags, ...args], options),
  }
}
