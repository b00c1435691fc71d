import { writePending } from '../../../notary/client/pending/pending-file.ts'
import { writeDurably } from '../../../shared/cas/write-durably.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { stateOf } from './carry-out.ts'
import { confirm } from './confirm.ts'
import { noKeys, readPendingFile, workOn } from './pending-work.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly yes?: boolean
}

/** `ibuild trust pending sign FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust pending sign', 'Sign what is to be published with the keys that are here')
    .argument('<file>', 'what --pending wrote; it is replaced')
    .option('-y, --yes', 'do not ask')
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [file = ''] = words
  const pending = readPendingFile(file)
  await useTrust(flags, pending.gun, async (session) => {
    const { difference } = await workOn(session, pending, noKeys)
    process.stdout.write(difference.map((line) => `${line}\n`).join(''))
    await confirm(`Sign this for ${pending.gun}?`, flags)
    const { sealed } = await workOn(session, pending, session.keys)
    await writeDurably(file, writePending(pending.gun, sealed.files), 0o644)
    process.stdout.write(`${stateOf(sealed, file)}\n`)
  })
  return 0
}
