import { isTargetsRole, parseRole } from '../../../notary/tuf/role.ts'
import type { TargetsRole } from '../../../notary/tuf/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { planToChange } from '../../trust/change.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly expired?: boolean
}

const help = `
For a role whose time is nearly over, whose key was replaced, or that somebody signed who may not
any more: what it says is signed as it is, with the keys that are here. Look at it first with
ibuild trust inspect.`

/** `ibuild trust witness IMAGE ROLE...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust witness', 'Sign what roles say again, as it is')
    .argument('<repository>', 'the image, without tag')
    .argument('<role...>', 'root, targets or targets/NAME')
    .option('--expired', 'go on though something of the image is over its time, to sign that again')
    .addHelpText('after', help)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const changes = words.slice(1).map((word) => ({ kind: 'witness', role: signable(word) }) as const)
  await useTrust(flags, gun, async (session) => {
    const published = await carryOut(
      { ...session, acceptsExpired: flags.expired },
      { gun, plan: planToChange(gun, changes) },
      flags,
    )
    if (published !== undefined) process.stdout.write(`${gun}: signed ${words.slice(1).join(', ')} again\n`)
  })
  return 0
}

/** Errors: ROLE_INVALID, USAGE. */
function signable(text: string): 'root' | TargetsRole {
  const role = parseRole(text)
  if (role === 'root' || isTargetsRole(role)) return role
  throw new IbuildError('USAGE', `${role} is signed with each publish, by whoever has its key`)
}
