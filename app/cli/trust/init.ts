import type { Draft } from '../../../notary/client/changes/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { type CreateOptions, collectionMaker } from '../../trust/create.ts'
import { type Command, collect, createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { type KeyFlags, keyStoreOf } from './key-flags.ts'
import { keyNamed } from './named-key.ts'
import { parseCount } from './parse-count.ts'
import { readTextFile } from './read-text-file.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

/** Flags for the root keys of a collection. */
export interface RootKeyFlags extends KeyFlags {
  readonly rootKey?: readonly string[]
  readonly rootThreshold?: string
  readonly rootCert?: readonly string[]
}

interface Flags extends TrustFlags, PublishFlags, RootKeyFlags {
  readonly ownSnapshot?: boolean
}

const help = `
Makes a collection without any signatures: ibuild trust sign does so by itself where there is
none. The root key of the key store is used, and made if there is none; keep it safe, it owns the
image. With several root keys, some of them kept elsewhere, a lost one can be replaced by the
others.`

/** `ibuild trust init IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust init', 'Make the trusted collection of an image')
    .argument('<repository>', 'the image, without tag')
    .option('--own-snapshot', 'sign the snapshot here: then nobody publishes without that key')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareRootKeyFlags(parser)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const create = { ...(await createOptions(flags)), hasOwnSnapshot: flags.ownSnapshot }
  await useTrust(flags, gun, async (session) => {
    const made = collectionMaker(session, gun, create)
    const plan = async (current: unknown): Promise<Draft> => {
      if (current === undefined) return made()
      throw new IbuildError('TRUST_EXISTS', `there is a trusted collection ${gun} already`, {
        hint: `See ibuild trust inspect ${gun}.`,
      })
    }
    const published = await carryOut(session, { gun, plan }, flags)
    if (published !== undefined) process.stdout.write(`made the trusted collection ${gun}\n`)
  })
  return 0
}

/** Declares {@link RootKeyFlags}. */
export function declareRootKeyFlags(parser: Command): Command {
  return parser
    .option('--root-key <id>', 'root key of the key store for a collection that is made (repeat)', collect)
    .option('--root-threshold <n>', 'how many of the root keys must sign (default: 1)')
    .option('--root-cert <file>', 'certificate of a CA for a root key (repeat)', collect)
}

/** How a collection is made, as flags say it. Errors: USAGE, KEY_NOT_FOUND. */
export async function createOptions(flags: RootKeyFlags): Promise<CreateOptions> {
  const store = keyStoreOf(flags)
  const named = flags.rootKey && (await Promise.all(flags.rootKey.map((id) => keyNamed(store, id))))
  return {
    rootKeys: named?.map(({ id }) => id),
    rootThreshold: flags.rootThreshold === undefined ? undefined : parseCount(flags.rootThreshold, '--root-threshold'),
    rootCertificates: flags.rootCert?.map((file) => readTextFile(file, 128 * 1024)),
  }
}
