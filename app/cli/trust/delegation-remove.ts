import type { Change } from '../../../notary/client/changes/types.ts'
import type { Current } from '../../../notary/client/publish.ts'
import type { DelegationName, KeyID } from '../../../notary/tuf/types.ts'
import { planToChange } from '../../trust/change.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { confirm } from './confirm.ts'
import { parseDelegation } from './delegation-name.ts'
import { gunOf } from './image-name.ts'
import { keyInCollection } from './named-key.ts'
import { parseCount } from './parse-count.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly key?: readonly string[]
  readonly path?: readonly string[]
  readonly threshold?: string
  readonly force?: boolean
  readonly yes?: boolean
}

const help = `
Without --key and --path the role goes, with all that it signs and with the roles below it. When
keys go and what is signed would not count any more, it is signed again by a key that is here;
without one --force goes on, and the names of the role cannot be pulled until somebody signs.`

/** `ibuild trust delegation remove IMAGE ROLE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust delegation remove', 'Remove a role, or keys and paths of it')
    .argument('<repository>', 'the image, without tag')
    .argument('<role>', 'targets/NAME')
    .option('--key <id>', 'key that may sign no more, by the first digits of its ID (repeat)', collect)
    .option('--path <text>', 'beginning of names that it may sign no more; "" is the one of all (repeat)', collect)
    .option('--threshold <n>', 'how many of the keys that are left must sign')
    .option('-f, --force', 'also when names cannot be pulled then')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const name = parseDelegation(words[1] ?? '')
  const isWhole = flags.key === undefined && flags.path === undefined && flags.threshold === undefined
  if (isWhole) await confirm(`Remove ${name} of ${gun}, with all that it signs?`, flags)
  await useTrust(flags, gun, async (session) => {
    const plan = planToChange(gun, (current) => [
      isWhole ? { kind: 'remove-delegation', name } : narrowed(name, current, flags),
    ])
    const published = await carryOut(session, { gun, plan, leavesStale: flags.force }, flags)
    if (published !== undefined) process.stdout.write(`${gun}: ${name} ${isWhole ? 'is removed' : 'is changed'}\n`)
  })
  return 0
}

function narrowed(name: DelegationName, { collection }: Current, { key = [], path = [], threshold }: Flags): Change {
  const removeKeys: readonly KeyID[] = key.map((text) => keyInCollection(collection, text))
  const asked = threshold === undefined ? undefined : parseCount(threshold, '--threshold')
  return { kind: 'delegate', name, removeKeys, removePaths: path, threshold: asked }
}
