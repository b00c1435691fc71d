import type { KeyRing } from '../../../notary/keys/types.ts'
import { parseTargetsRole } from '../../../notary/tuf/role.ts'
import type { Gun, TargetsRole } from '../../../notary/tuf/types.ts'
import { signaturesOf } from '../../../notary/verifier/resolve.ts'
import type { TrustedCollection } from '../../../notary/verifier/types.ts'
import type { RegistryClient } from '../../../registry/client/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { CreateOptions } from '../../trust/create.ts'
import type { TrustSession } from '../../trust/session.ts'
import { planToSign } from '../../trust/sign.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { declareRegistryFlags, openRegistryClient } from '../registry-client.ts'
import { writeLines } from '../write-lines.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { createOptions, declareRootKeyFlags, type RootKeyFlags } from './init.ts'
import { keyRingOf } from './key-flags.ts'
import { type CosignFlags, type ImageToSign, signAsCosign } from './sign-as-cosign.ts'
import { checkSignFormat } from './sign-format.ts'
import { contentOf, nameOf } from './signed-content.ts'
import { parseTagged, type TaggedImage } from './tagged-image.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags, RootKeyFlags, CosignFlags {
  readonly format: string
  readonly role?: readonly string[]
  readonly json?: boolean
}

const help = `
NAME:TAG         signs what the tag leads to in the registry now, which is asked once
NAME:TAG@DIGEST  signs just that, wherever the tag leads

Where an image has signers, those of them sign whose keys are here, with targets/releases, from
which docker pulls; else the owner does. An image that is not trusted yet gets its collection and
keys. Tags of one image are published together, all of them or none.

Signatures of cosign lie in the registry beside the image, where cosign verify --key finds them.`

/** `ibuild trust sign NAME:TAG...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust sign', 'Sign what tags of images lead to')
    .argument('<image...>', 'NAME:TAG or NAME:TAG@DIGEST')
    .option('--role <role>', 'sign as targets or targets/NAME, whatever docker would do (repeat)', collect)
    .option('--format <format>', 'notary, cosign or both', 'notary')
    .option(
      '--cosign-key <id>',
      "key of the key store for cosign (default: the only one of a signer, else the owner's)",
    )
    .option('--json', 'print a JSON array')
    .addHelpText('after', help)
  declareRegistryFlags(declarePublishFlags(declareTrustFlags(declareRootKeyFlags(parser))))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  refuseUnfit(flags)
  const isJson = flags.json === true
  const names = await withSigning(flags, async (signing) => {
    const signed: SignedName[] = []
    for (const group of byCollection(await contentsOf(words.map(parseTagged), signing))) {
      const each = await signGroup(group, signing)
      // told as it is done: what comes after may fail
      if (!isJson) await writeLines(each.map((name) => lineOf(name, flags.format)))
      signed.push(...each)
    }
    return signed
  })
  if (isJson) await writeLines([jsonText(names)])
  return 0
}

/** What signs, for all images of a command. */
interface Signing {
  readonly flags: Flags
  readonly create: CreateOptions
  readonly ring: KeyRing
  readonly client: RegistryClient
}

async function withSigning<T>(flags: Flags, work: (signing: Signing) => Promise<T>): Promise<T> {
  const create = await createOptions(flags)
  const client = await openRegistryClient(flags)
  try {
    return await work({ flags, create, ring: keyRingOf(flags), client })
  } finally {
    await client.close()
  }
}

/** Signs tags of one image in all ways that are asked for. */
async function signGroup({ gun, images }: Group, signing: Signing): Promise<readonly SignedName[]> {
  const { flags, ring, client } = signing
  const signed = flags.format === 'cosign' ? images.map(cosignedName) : await signInCollection({ gun, images }, signing)
  if (flags.format !== 'notary')
    await interruptible(async (signal) => {
      for (const image of images) await signAsCosign(image, { ring, client, cosignKey: flags.cosignKey, signal })
    })
  return signed
}

/** Errors: USAGE. */
function refuseUnfit({ format, pending, cosignKey, role }: Flags): void {
  checkSignFormat(format, '--format')
  if (format !== 'notary' && pending !== undefined)
    throw new IbuildError('USAGE', '--pending is for trusted collections: use it with --format notary')
  if (format === 'notary' && cosignKey !== undefined)
    throw new IbuildError('USAGE', '--cosign-key needs --format cosign or both')
  if (format === 'cosign' && role !== undefined)
    throw new IbuildError('USAGE', '--role is for trusted collections, not for cosign')
}

async function signInCollection({ gun, images }: Group, signing: Signing): Promise<readonly SignedName[]> {
  const { flags, create, ring } = signing
  const roles = flags.role?.map(parseTargetsRole)
  const tags = new Map(images.map(({ image, content }) => [image.tag, content]))
  const work = async (session: TrustSession): Promise<readonly SignedName[]> => {
    const plan = planToSign(session, { gun, tags, roles, create })
    const published = await carryOut(session, { gun, plan }, flags)
    return published === undefined ? [] : images.map((each) => signedName(published.collection, each))
  }
  return useTrust(flags, gun, work, { ring })
}

/** What is printed of a name that was signed. */
interface SignedName {
  readonly name: string
  readonly digest: string
  readonly size: number
  /** Roles that sign just that under the name. */
  readonly roles: readonly TargetsRole[]
}

async function contentsOf(images: readonly TaggedImage[], { client }: Signing): Promise<readonly ImageToSign[]> {
  return interruptible(async (signal) =>
    Promise.all(images.map(async (image) => ({ image, content: await contentOf(client, image, signal) }))),
  )
}

/** Tags of one image, which are signed together. */
interface Group {
  readonly gun: Gun
  readonly images: readonly ImageToSign[]
}

function byCollection(images: readonly ImageToSign[]): readonly Group[] {
  const groups = Map.groupBy(images, ({ image }) => gunOf(image))
  return [...groups].map(([gun, group]) => ({ gun, images: group }))
}

function signedName(collection: TrustedCollection, { image, content }: ImageToSign): SignedName {
  const hash = content.digest.slice('sha256:'.length)
  const roles = signaturesOf(collection, image.tag)
    .filter(({ target }) => target.sha256.toString('hex') === hash)
    .map(({ role }) => role)
  return { name: nameOf(image), digest: content.digest, size: content.size, roles }
}

function cosignedName({ image, content }: ImageToSign): SignedName {
  return { name: nameOf(image), digest: content.digest, size: content.size, roles: [] }
}

function lineOf({ name, digest, roles }: SignedName, format: string): string {
  const by = [
    ...(roles.length > 0 ? [roles.join(', ')] : []),
    ...(format === 'notary' ? [] : ['a key, as cosign does']),
  ]
  return `${name} is signed as ${digest} by ${by.join(' and ')}\n`
}
