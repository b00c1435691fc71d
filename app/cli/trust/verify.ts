import { requireContent, requireTarget } from '../../../notary/verifier/content.ts'
import { resolveTarget } from '../../../notary/verifier/resolve.ts'
import type { SignedTarget, VerificationStep } from '../../../notary/verifier/types.ts'
import { type Digest, parseDigest } from '../../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import type { JsonObject } from '../../../shared/base/json.ts'
import { familiarName } from '../../../shared/base/reference.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { notInRegistry } from '../../transfer/not-in-registry.ts'
import { type TrustSession, trustedCollection } from '../../trust/session.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { declareRegistryFlags, openRegistryClient, printNotice, type RegistryFlags } from '../registry-client.ts'
import { formatTable } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { gunOf } from './image-name.ts'
import { nameOf } from './signed-content.ts'
import { parseTagged, type TaggedImage } from './tagged-image.ts'
import { declareTrustFlags, useTrust } from './use-trust.ts'
import { type PolicyFlags, policyFor, verifyByPolicy } from './verify-by-policy.ts'

interface Flags extends PolicyFlags {
  readonly explain?: boolean
  readonly json?: boolean
}

const help = `
Does what a pull with trust does, without pulling: the trust server says what the tag means, and
the registry must have just that. The exit code is 3 when it is refused. NAME:TAG@DIGEST also says
what must be signed.

Where there is a policy, it decides, as it does for a pull. --no-policy asks the trusted collection
alone, and so do --pin, --first-use and --server, which say whom to believe.`

/** `ibuild trust verify NAME:TAG` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust verify', 'Check whether a tag is signed, and what it means')
    .argument('<image>', 'NAME:TAG or NAME:TAG@DIGEST')
    .option('--explain', 'print each step that was taken with the trusted collection')
    .option('--no-registry', 'do not ask the registry whether it has what is signed')
    .option('--trust-policy <path>', 'file that says what must be signed by whom (default: as ibuild pull finds it)')
    .option('--no-policy', 'whatever a policy says')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareRegistryFlags(declareTrustFlags(parser))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const image = parseTagged(words[0] ?? '')
  const steps: VerificationStep[] = []
  const policy = policyFor(flags)
  try {
    const verdict = await (policy === undefined
      ? byCollection(image, flags, steps)
      : byPolicy(image, { policy, flags, steps }))
    await tell(image, verdict, { flags, steps })
    return 0
  } catch (error) {
    if (flags.explain === true) process.stderr.write(stepsText(steps))
    throw error
  }
}

/** What is told of an image that is not refused. */
interface Verdict {
  /** Without `name`. */
  readonly json: JsonObject
  /** What comes behind the name. */
  readonly text: string
}

async function byCollection(image: TaggedImage, flags: Flags, steps: VerificationStep[]): Promise<Verdict> {
  const onStep = (step: VerificationStep): void => void steps.push(step)
  const found = await useTrust(flags, gunOf(image), async (session) => verify(session, image, flags), { onStep })
  const { role, digest, size, keys } = found
  return { json: { digest, size, role, keys: [...keys] }, text: `is ${digest}, signed by ${role}` }
}

interface ByPolicy {
  readonly policy: NonNullable<ReturnType<typeof policyFor>>
  readonly flags: Flags
  readonly steps: VerificationStep[]
}

async function byPolicy(image: TaggedImage, { policy, flags, steps }: ByPolicy): Promise<Verdict> {
  const file = policy.policy
  try {
    const found = await verifyByPolicy(image, policy, flags)
    if (found === undefined)
      return { json: { policy: file, required: false }, text: `needs no signature, as ${file} says` }
    const { digest, size } = found
    const json = { digest, ...(size !== undefined && { size }), policy: file, required: true }
    return { json, text: `is ${digest}, signed as ${file} requires` }
  } finally {
    // the collection is known now, if the policy asks for one; what is wrong with it is among the steps
    const alone = { ...flags, registry: false }
    if (flags.explain === true) await byCollection(image, alone, steps).catch(ofTrustAlone)
  }
}

function ofTrustAlone(error: unknown): void {
  if (!isIbuildError(error)) throw error
}

interface Told {
  readonly flags: Flags
  readonly steps: readonly VerificationStep[]
}

async function tell(image: TaggedImage, { json, text }: Verdict, { flags, steps }: Told): Promise<void> {
  const isExplained = flags.explain === true
  if (flags.json === true) {
    await writeLines([jsonText({ name: nameOf(image), ...json, ...(isExplained && { steps }) })])
    return
  }
  if (isExplained) await writeLines([stepsText(steps)])
  await writeLines([`${nameOf(image)} ${text}\n`])
}

interface Verified extends Pick<SignedTarget, 'role' | 'keys'> {
  readonly digest: Digest
  readonly size: number
}

async function verify(session: TrustSession, image: TaggedImage, flags: Flags): Promise<Verified> {
  const gun = gunOf(image)
  const collection = await trustedCollection(session, gun)
  const found = requireTarget(gun, image.tag, resolveTarget(collection, image.tag))
  const digest = parseDigest(`sha256:${found.target.sha256.toString('hex')}`)
  if (image.digest !== undefined && image.digest !== digest)
    throw new IbuildError('TRUST_CONTENT', `${nameOf(image)} is signed as ${digest}, not as ${image.digest}`)
  if (flags.registry) await askRegistry(found, { image, digest, flags, signal: session.signal })
  return { role: found.role, keys: found.keys, digest, size: found.target.length }
}

interface Asked {
  readonly image: TaggedImage
  readonly digest: Digest
  readonly flags: RegistryFlags
  readonly signal: AbortSignal
}

/** The registry must have what is signed; that a tag of it leads elsewhere is told. */
async function askRegistry(found: SignedTarget, { image, digest, flags, signal }: Asked): Promise<void> {
  const { domain, path, tag } = image
  const client = await openRegistryClient(flags)
  try {
    const repository = client.repository({ domain, path })
    const manifest = await repository.manifest(digest, { signal })
    if (manifest === undefined) throw await notInRegistry(client, { domain, path, digest }, signal)
    requireContent(gunOf(image), found, manifest.bytes)
    const tagged = await repository.resolve(tag, { signal })
    if (tagged?.digest !== digest)
      printNotice(
        `in the registry ${familiarName({ domain, path, tag })} is ${tagged?.digest ?? 'not there'}; a pull with trust does not care`,
      )
  } finally {
    await client.close()
  }
}

function stepsText(steps: readonly VerificationStep[]): string {
  const rows = steps.map(({ role, step, isOk, detail }) => [isOk ? 'ok' : 'FAILED', role, step, sanitize(detail)])
  return formatTable([['', 'ROLE', 'STEP', 'WHAT'], ...rows])
}
