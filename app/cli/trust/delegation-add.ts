import type { Change } from '../../../notary/client/changes/types.ts'
import { mostPublicKeyFile, readPublicKey } from '../../../notary/keys/public-key-file.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { planToChange } from '../../trust/change.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { parseDelegation } from './delegation-name.ts'
import { gunOf } from './image-name.ts'
import { parseCount } from './parse-count.ts'
import { readFileAs } from './read-text-file.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly key?: readonly string[]
  readonly path?: readonly string[]
  readonly allPaths?: boolean
  readonly threshold?: string
}

const help = `
A path is how names begin that the role may sign: v1. is for v1.0 and v1.1. A role below another
one, targets/a/b, is made with the keys of that one. With a threshold above 1 so many signers sign
the same content one after the other: ibuild trust sign --pending FILE begins that.`

/** `ibuild trust delegation add IMAGE ROLE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust delegation add', 'Make a role, or give it keys, paths or a threshold')
    .argument('<repository>', 'the image, without tag')
    .argument('<role>', 'targets/NAME')
    .option('--key <file>', 'public key or certificate that signs the role (repeat)', collect)
    .option('--path <text>', 'how names begin that it may sign (repeat)', collect)
    .option('--all-paths', 'it may sign all names')
    .option('--threshold <n>', 'how many of the keys must sign (default: as it is, else 1)')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const change = changeOf(words[1] ?? '', flags)
  await useTrust(flags, gun, async (session) => {
    const published = await carryOut(session, { gun, plan: planToChange(gun, [change]) }, flags)
    if (published !== undefined) process.stdout.write(`${gun} has the role ${words[1]}\n`)
  })
  return 0
}

/** Errors: USAGE, ROLE_INVALID, KEY_INVALID. */
function changeOf(role: string, { key = [], path = [], allPaths = false, threshold }: Flags): Change {
  const name = parseDelegation(role)
  const addPaths = [...path, ...(allPaths ? [''] : [])]
  if (path.includes('')) throw new IbuildError('USAGE', '--path is empty', { hint: 'All names are --all-paths.' })
  if (key.length + addPaths.length === 0 && threshold === undefined)
    throw new IbuildError('USAGE', 'nothing is to be changed', {
      hint: 'Give --key, --path, --all-paths or --threshold.',
    })
  return {
    kind: 'delegate',
    name,
    addKeys: key.map((file) => readFileAs(file, mostPublicKeyFile, readPublicKey).key),
    addPaths,
    threshold: threshold === undefined ? undefined : parseCount(threshold, '--threshold'),
  }
}
