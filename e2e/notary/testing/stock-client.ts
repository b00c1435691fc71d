import { join } from 'node:path'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOptions, run, tail } from '../../testing/run.ts'
import type { TrustServer } from './trust-server.ts'

/** The stock `notary` command with a trust folder of its own. */
export interface StockClient {
  /** Where it keeps keys and metadata. */
  readonly folder: string
  /** Runs it; a non-zero exit is an error. What it gives is all that it wrote. */
  notary(...args: readonly string[]): Promise<string>
  /** As `notary`, for what must fail: the error is a success. */
  refused(...args: readonly string[]): Promise<string>
  /** As `notary`, whatever comes of it. */
  try(...args: readonly string[]): Promise<Outcome>
}

/** How the command ended, and all that it wrote: it tells errors on stdout. */
interface Outcome {
  readonly code: number
  readonly text: string
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
  const attempt = async (...args: readonly string[]): Promise<Outcome> => {
    const { code, stdout, stderr } = await run(program, [...flags, ...args], options)
    return { code, text: stdout + stderr }
  }
  const expectCode = async (isFailure: boolean, args: readonly string[]): Promise<string> => {
    const { code, text } = await attempt(...args)
    if ((code !== 0) === isFailure) return text
    throw new Error(`notary ${args.join(' ')} ended with ${code}\n${tail(text)}`)
  }
  return {
    folder,
    notary: (...args) => expectCode(false, args),
    refused: (...args) => expectCode(true, args),
    try: attempt,
  }
}
