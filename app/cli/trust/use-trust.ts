import { join } from 'node:path'
import { folderTrustCache } from '../../../notary/client/cache/folder-cache.ts'
import type { KeyRing } from '../../../notary/keys/types.ts'
import { isKeyID } from '../../../notary/tuf/key.ts'
import type { Gun, KeyID } from '../../../notary/tuf/types.ts'
import type { VerificationStep } from '../../../notary/verifier/types.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { withSession } from '../../trust/open-session.ts'
import type { TrustSession } from '../../trust/session.ts'
import { type Command, collect } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { interruptible } from '../interrupt.ts'
import { printNotice } from '../registry-client.ts'
import { trustConnection } from '../trust-connection.ts'
import { withHint } from '../usage-help.ts'
import { declareKeyFlags, type KeyFlags, keyRingOf } from './key-flags.ts'

/** Flags of every command that asks a trust server. */
export interface TrustFlags extends KeyFlags {
  readonly root?: string
  readonly server?: string
  readonly pin?: readonly string[]
  readonly firstUse?: boolean
}

/** Declares {@link TrustFlags}. */
export function declareTrustFlags(parser: Command): Command {
  parser
    .option('--server <url>', 'trust server (default: DOCKER_CONTENT_TRUST_SERVER, else at the host of the image)')
    .option('--pin <id>', 'root key that the image must have, which was never seen here (repeat)', collect)
    .option('--first-use', 'believe an image that was never seen here, whatever its root key')
  return declareKeyFlags(parser)
}

export interface UseOptions {
  readonly onStep?: ((step: VerificationStep) => void) | undefined
  /** Keys of a command that uses them more than once; those that the flags name unless told. */
  readonly ring?: KeyRing | undefined
}

/** Does work with the trust server of a collection; Ctrl-C ends it. Errors: USAGE, CANCELLED, those of `work`. */
export async function useTrust<T>(
  flags: TrustFlags,
  gun: Gun,
  work: (session: TrustSession) => Promise<T>,
  { onStep, ring = keyRingOf(flags) }: UseOptions = {},
): Promise<T> {
  const connection = await trustConnection(printNotice)
  const options = {
    gun,
    server: flags.server ?? process.env['DOCKER_CONTENT_TRUST_SERVER'],
    connection,
    cache: folderTrustCache(join(dataFolder(flags.root), 'trust')),
    ring,
    pins: (flags.pin ?? []).map(parsePin),
    allowsFirstUse: flags.firstUse === true,
    onStep,
  }
  try {
    return await interruptible(async (signal) => withSession({ ...options, signal }, work))
  } catch (error) {
    if (isIbuildError(error, 'TRUST_PIN')) throw withHint(error, howToPin(gun))
    throw error
  }
}

/** A part of an ID would be one that no root has. Errors: USAGE. */
function parsePin(text: string): KeyID {
  if (isKeyID(text)) return text
  throw new IbuildError('USAGE', `--pin: ${JSON.stringify(text.slice(0, 80))} is not the whole ID of a key`, {
    hint: 'It has 64 hex digits; ibuild trust inspect shows it.',
  })
}

function howToPin(gun: Gun): string {
  return `ibuild trust inspect ${gun} shows its root key. Compare it with that of whoever signs; then use --pin ID, or --first-use to believe it as it is.`
}
