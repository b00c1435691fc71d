import type { Sealed } from '../../../notary/client/changes/seal.ts'
import { writePending } from '../../../notary/client/pending/pending-file.ts'
import { type Plan, type Published, type PublishOptions, prepare, publish } from '../../../notary/client/publish.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import { publishingOf, type TrustSession } from '../../trust/session.ts'
import type { Command } from '../arguments.ts'
import { writeNewFile } from './write-new-file.ts'

/** Flags of every command that publishes. */
export interface PublishFlags {
  readonly pending?: string
}

/** Declares {@link PublishFlags}. */
export function declarePublishFlags(parser: Command): Command {
  return parser.option('--pending <file>', 'publish nothing: write it with the signatures of here, for others to sign')
}

/**
 * Publishes what a plan makes, or writes it to a file for others to sign; then nothing is published, which is told. Gives what was
 * published, or undefined. Errors: USAGE, TRUST_*, KEY_*, PASSPHRASE_*.
 */
export async function carryOut(
  session: TrustSession,
  { gun, plan, ...options }: PublishOptions & { readonly gun: Gun; readonly plan: Plan },
  { pending }: PublishFlags,
): Promise<Published | undefined> {
  if (pending === undefined) return publish(publishingOf(session, gun), plan, options)
  const sealed = await prepare(publishingOf(session, gun), plan)
  if (sealed === undefined) {
    process.stdout.write('there is nothing to change\n')
    return undefined
  }
  writeNewFile(pending, writePending(gun, sealed.files), 0o644)
  process.stdout.write(`${stateOf(sealed, pending)}\n`)
  return undefined
}

/** What a file for others still needs, for people. */
export function stateOf({ missing }: Pick<Sealed, 'missing'>, file: string): string {
  if (missing.length === 0) return `${file} is signed by all who must: ibuild trust pending publish ${file}`
  return missing
    .map(({ role, missing: count, keys }) => {
      const ids = keys.map((id) => id.slice(0, 12)).join(', ')
      return `${file}: ${role} needs ${count} more of the signatures by ${ids}: ibuild trust pending sign ${file}`
    })
    .join('\n')
}
