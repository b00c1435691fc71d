import { planToChange } from '../../trust/change.ts'
import { rotation } from '../../trust/rotate.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {}

const help = `
Collections of older clients have a snapshot key of their owner's. Signers who do not have it
cannot publish; with the key at the server they can. It is the same as ibuild trust rotate IMAGE
snapshot.`

/** `ibuild trust snapshot IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust snapshot', 'Let the server sign snapshots, so that signers can publish alone')
    .argument('<repository>', 'the image, without tag')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  await useTrust(flags, gun, async (session) => {
    const plan = planToChange(gun, rotation(session, { gun, role: 'snapshot', by: 'server' }))
    const published = await carryOut(session, { gun, plan }, flags)
    if (published !== undefined) process.stdout.write(`${gun}: the server signs the snapshot\n`)
  })
  return 0
}
