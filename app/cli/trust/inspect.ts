import type { Gun } from '../../../notary/tuf/types.ts'
import { memoryTrustCache } from '../../../notary/verifier/memory-cache.ts'
import type { TrustedCollection } from '../../../notary/verifier/types.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { parseReference } from '../../../shared/base/reference.ts'
import { type DescribedCollection, describeCollection } from '../../trust/describe.ts'
import { type TrustSession, trustedCollection } from '../../trust/session.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { printNotice } from '../registry-client.ts'
import { writeLines } from '../write-lines.ts'
import { collectionJson, collectionText } from './collection-text.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly json?: boolean
  readonly pretty?: boolean
}

const help = `
Everything is verified before it is shown. The root key of an image that was never seen here, and
that nothing is pinned for, is only shown: it is not remembered.`

/** `ibuild trust inspect NAME[:TAG]...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust inspect', 'Show what is signed of an image, by whom, and with which keys')
    .argument('<image...>', 'NAME, or NAME:TAG for that tag alone')
    .option('--json', 'print a JSON array, in the form of docker trust inspect')
    .option('--pretty', 'print tables, which is what is done anyway')
    .addHelpText('after', help)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  if (flags.json === true && flags.pretty === true) throw new IbuildError('USAGE', '--json and --pretty differ')
  const described: DescribedCollection[] = []
  for (const word of words) {
    const { domain, path, tag } = parseReference(word)
    const gun = gunOf({ domain, path })
    const collection = await useTrust(flags, gun, async (session) => look(session, gun))
    described.push(describeCollection(collection, tag === undefined ? undefined : [tag]))
  }
  await writeLines(
    flags.json === true ? [jsonText(described.map(collectionJson))] : [described.map(collectionText).join('\n')],
  )
  return 0
}

/** What is trusted; or, when nothing is known to trust it by, what there is, without remembering it. */
async function look(session: TrustSession, gun: Gun): Promise<TrustedCollection> {
  try {
    return await trustedCollection(session, gun)
  } catch (error) {
    if (!isIbuildError(error, 'TRUST_PIN') || (await session.cache.load(gun)) !== undefined) throw error
    const collection = await trustedCollection(
      { ...session, cache: memoryTrustCache(), pinning: async () => anything },
      gun,
    )
    printNotice(`${error.message}; it is shown as it is, and nothing of it is remembered`)
    return collection
  }
}

const anything = { keys: new Map(), authorities: new Map(), allowsFirstUse: true } as const
