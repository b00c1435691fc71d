import { releases, removeSigner } from '../../../notary/client/plans/signers.ts'
import { planToChange } from '../../trust/change.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { confirm } from './confirm.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly force?: boolean
  readonly yes?: boolean
}

const help = `
What the signer alone signed in targets/releases is signed again by a key that is here and may;
without one the command says who has to sign first, and --force goes on: then those tags cannot be
pulled until somebody signs. The last signer takes targets/releases with him, and all that it
signs.`

/** `ibuild trust signer remove NAME IMAGE...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust signer remove', 'Let somebody sign the tags of images no more')
    .argument('<signer>', 'name of the signer')
    .argument('<repository...>', 'the images, without tags')
    .option('-f, --force', 'also when tags cannot be pulled then')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [name = '', ...images] = words
  for (const gun of images.map(gunOf)) {
    await useTrust(flags, gun, async (session) => {
      const plan = planToChange(gun, async ({ collection }) => {
        const { changes, isLast } = removeSigner(collection, name)
        if (isLast)
          await confirm(
            `${name} is the last signer: what ${releases} signs of ${gun} cannot be pulled any more. Go on?`,
            flags,
          )
        return changes
      })
      const options = { gun, plan, leavesStale: flags.force }
      const published = await carryOut(session, options, flags)
      if (published !== undefined) process.stdout.write(`${name} may not sign ${gun} any more\n`)
    })
  }
  return 0
}
