import { publishSigned } from '../../../notary/client/publish.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { publishingOf } from '../../trust/session.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { withHint } from '../usage-help.ts'
import { noKeys, readPendingFile, workOn } from './pending-work.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

/** `ibuild trust pending publish FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust pending publish', 'Publish what all have signed who must')
    .argument('<file>', 'what --pending wrote')
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<TrustFlags>(parser, argv)
  const pending = readPendingFile(words[0] ?? '')
  await useTrust(flags, pending.gun, async (session) => {
    const { unsigned, sealed } = await workOn(session, pending, noKeys)
    await publishSigned(publishingOf(session, pending.gun), unsigned, sealed).catch(whoElseSigns)
  })
  process.stdout.write(`published ${pending.gun}\n`)
  return 0
}

function whoElseSigns(error: unknown): never {
  const hint =
    'Each of them adds his signature with ibuild trust pending sign FILE; ibuild trust pending show says who did.'
  throw isIbuildError(error, 'TRUST_INCOMPLETE') ? withHint(error, hint) : error
}
