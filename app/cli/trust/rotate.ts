import { isBaseRole, parseRole } from '../../../notary/tuf/role.ts'
import type { BaseRole, Gun } from '../../../notary/tuf/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { planToChange } from '../../trust/change.ts'
import { keysOf } from '../../trust/describe.ts'
import { type RotateRequest, rotations } from '../../trust/rotate.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { keyStoreOf } from './key-flags.ts'
import { keyInCollection, keyNamed } from './named-key.ts'
import { parseCount } from './parse-count.ts'
import { readTextFile } from './read-text-file.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags {
  readonly key?: readonly string[]
  readonly cert?: readonly string[]
  readonly add?: boolean
  readonly removeKey?: readonly string[]
  readonly threshold?: string
  readonly local?: boolean
  readonly serverManaged?: boolean
}

const help = `
root       signed by the keys of now and by the new ones: those who know the image follow
targets    the owner's key for tags and signers
snapshot   to the server, so that signers can publish alone; --local takes it back
timestamp  always the server's

snapshot and timestamp may be given together, as an image needs that comes from another server.

Owners who keep several root keys in different places lose nothing when one is lost: rotate root
--add, and --threshold when one alone must not suffice. ibuild trust rotate root --remove-key ID
takes one out.`

/** `ibuild trust rotate IMAGE ROLE...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust rotate', 'Give a role of an image another key')
    .argument('<repository>', 'the image, without tag')
    .argument('<role...>', 'root, targets, snapshot or timestamp')
    .option('--key <id>', 'key of the key store to use (default: a new one) (repeat)', collect)
    .option('--cert <file>', 'certificate of a CA for a root key (repeat)', collect)
    .option('--add', 'keep the keys of now beside')
    .option('--remove-key <id>', 'key that goes, by its ID; without --key and --add nothing else (repeat)', collect)
    .option('--threshold <n>', 'how many of the keys must sign')
    .option('--local', 'of snapshot: a key of ours')
    .option('-r, --server-managed', 'of snapshot and timestamp: a key of the server, as it is anyway')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declarePublishFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  const requests = await Promise.all(rolesIn(words.slice(1), flags).map((role) => requestOf(gun, role, flags)))
  await useTrust(flags, gun, async (session) => {
    const plan = planToChange(gun, rotations(session, requests))
    const published = await carryOut(session, { gun, plan }, flags)
    if (published === undefined) return
    const { keys: known, roles } = published.collection.root.signed
    for (const { role } of requests) {
      const { threshold, keys } = keysOf(roles[role], known)
      process.stdout.write(`${gun}: ${role} has ${keys.length === 1 ? 'the key' : 'the keys'} ${keys.join(', ')}`)
      process.stdout.write(threshold > 1 ? `, of which ${threshold} must sign\n` : '\n')
    }
  })
  return 0
}

/** Several at once are the server's, which the flags for keys are not for. Errors: ROLE_INVALID, USAGE. */
function rolesIn(words: readonly string[], { local }: Flags): readonly BaseRole[] {
  const roles = [...new Set(words.map(baseRole))]
  if (roles.length > 1 && (local === true || roles.some((role) => role !== 'snapshot' && role !== 'timestamp')))
    throw new IbuildError('USAGE', 'of several roles at once all must get keys of the server: snapshot and timestamp')
  return roles
}

/** Errors: ROLE_INVALID, USAGE. */
function baseRole(text: string): BaseRole {
  const role = parseRole(text)
  if (isBaseRole(role)) return role
  throw new IbuildError('USAGE', `${role} is a delegation`, {
    hint: 'Give it another key with ibuild trust delegation add --key, then take the old one out with delegation remove --key.',
  })
}

/** Errors: USAGE, KEY_NOT_FOUND. */
async function requestOf(gun: Gun, role: BaseRole, flags: Flags): Promise<RotateRequest> {
  refuseUnfit(role, flags)
  const { removeKey } = flags
  const store = keyStoreOf(flags)
  const ids = flags.key && (await Promise.all(flags.key.map((id) => keyNamed(store, id))))
  return {
    gun,
    role,
    by: role === 'timestamp' || (role === 'snapshot' && flags.local !== true) ? 'server' : 'local',
    keys: ids?.map(({ id }) => id),
    certificates: flags.cert?.map((file) => readTextFile(file, 128 * 1024)),
    isAdded: flags.add,
    removed: removeKey && ((collection) => removeKey.map((id) => keyInCollection(collection, id))),
    threshold: flags.threshold === undefined ? undefined : parseCount(flags.threshold, '--threshold'),
  }
}

function refuseUnfit(role: BaseRole, { local, serverManaged, key, cert, add, removeKey, threshold }: Flags): void {
  const isOfServer = role === 'timestamp' || (role === 'snapshot' && local !== true)
  if (role === 'timestamp' && local === true) throw new IbuildError('USAGE', 'the timestamp is signed by the server')
  if (local === true && (role !== 'snapshot' || serverManaged === true))
    throw new IbuildError('USAGE', '--local is for the snapshot, and not with --server-managed')
  if (serverManaged === true && !isOfServer) throw new IbuildError('USAGE', `the server has no key for ${role}`)
  if (cert !== undefined && role !== 'root') throw new IbuildError('USAGE', '--cert is for root')
  if (isOfServer && [key, add, removeKey, threshold].some((flag) => flag !== undefined))
    throw new IbuildError(
      'USAGE',
      `the key of ${role} is the server's: it takes no --key, --add, --remove-key and --threshold`,
    )
}
