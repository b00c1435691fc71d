import { parseTargetsRole } from '../../../notary/tuf/role.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { familiarName, parseReference } from '../../../shared/base/reference.ts'
import { revokeTags } from '../../trust/revoke.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { confirm } from './confirm.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly role?: readonly string[]
  readonly yes?: boolean
}

const help = `
The signature goes from every role that has it and whose keys are here. When a role still signs
the tag because its keys are elsewhere, that is told, and the command fails: the tag can still be
pulled.`

/** `ibuild trust revoke NAME[:TAG]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust revoke', 'Take back the signature of a tag, or all of an image')
    .argument('<image>', 'NAME:TAG; without a tag all that is signed')
    .option('--role <role>', 'of targets or targets/NAME alone (repeat)', collect)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const { domain, path, tag, digest } = parseReference(words[0] ?? '')
  if (digest !== undefined) throw new IbuildError('USAGE', 'names are signed, not digests: write NAME:TAG')
  const roles = flags.role?.map(parseTargetsRole)
  const gun = gunOf({ domain, path })
  const name = familiarName({ domain, path, ...(tag !== undefined && { tag }) })
  if (tag === undefined) await confirm(`Take back all that is signed of ${name}?`, flags)
  const remaining = await useTrust(flags, gun, async (session) =>
    revokeTags(session, { gun, names: tag === undefined ? undefined : [tag], roles }),
  )
  if (remaining.length > 0)
    throw new IbuildError(
      'TRUST_INCOMPLETE',
      `${name} is still signed by ${remaining.join(', ')}, whose keys are not here`,
      {
        hint: 'Ask them to revoke it, or remove their delegation with ibuild trust delegation remove.',
      },
    )
  process.stdout.write(`${name} is not signed any more\n`)
  return 0
}
