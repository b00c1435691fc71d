import { rolesInOrder } from '../../../notary/verifier/resolve.ts'
import { planToChange } from '../../trust/change.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { keyInCollection } from './named-key.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly key: string
  readonly force?: boolean
}

const help = `
For a key that got into other hands. A role that would be left with too few keys stops it: remove
that role, or give it another key first.`

/** `ibuild trust delegation purge --key ID IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust delegation purge', 'Take a key out of all roles below targets')
    .argument('<repository>', 'the image, without tag')
    .requiredOption('--key <id>', 'first digits of the ID of the key')
    .option('-f, --force', 'also when names cannot be pulled then')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  await useTrust(flags, gun, async (session) => {
    const plan = planToChange(gun, ({ collection }) => {
      const key = keyInCollection(collection, flags.key)
      return rolesInOrder(collection).map((role) => ({ kind: 'purge-key', role, key }) as const)
    })
    const published = await carryOut(session, { gun, plan, leavesStale: flags.force }, flags)
    if (published !== undefined) process.stdout.write(`no role of ${gun} has the key ${flags.key} any more\n`)
  })
  return 0
}
