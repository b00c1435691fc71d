import type { VerifiedContent } from '../../../builder/ports.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { lazyRegistries } from '../../adapters/lazy-registries.ts'
import { dataFolder } from '../data-folder.ts'
import { interruptible } from '../interrupt.ts'
import { openRegistryClient, printNotice, type RegistryFlags } from '../registry-client.ts'
import { trustChoiceOf, verifierFor } from '../verify/lazy-verifier.ts'
import type { TrustChoice } from '../verify/trust-choice.ts'
import { contentOf, nameOf } from './signed-content.ts'
import type { TaggedImage } from './tagged-image.ts'
import type { TrustFlags } from './use-trust.ts'

/** Which policy says whether an image is refused. */
export interface PolicyFlags extends TrustFlags, RegistryFlags {
  /** False: none. */
  readonly policy: boolean
  readonly trustPolicy?: string
  readonly registry: boolean
}

type Chosen = Extract<TrustChoice, { kind: 'on' }> & { readonly policy: string }

/**
 * The policy that a pull would go by; undefined when there is none, or when the flags say whom to believe. Errors: USAGE for flags that
 * contradict each other, TRUST_POLICY_INVALID.
 */
export function policyFor(flags: PolicyFlags): Chosen | undefined {
  const { policy, trustPolicy, pin, firstUse, server } = flags
  const isOwn = !policy || pin !== undefined || firstUse === true || server !== undefined
  if (isOwn && trustPolicy !== undefined)
    throw new IbuildError(
      'USAGE',
      '--trust-policy says whom to believe: it goes without --no-policy, --pin, --first-use and --server',
    )
  if (isOwn) return undefined
  const choice = trustChoiceOf({ ...(trustPolicy !== undefined && { trustPolicy }) })
  if (choice.kind === 'off' || choice.policy === undefined) return undefined
  return { ...choice, policy: choice.policy }
}

/**
 * What an image is by a policy, as a pull finds it; undefined when nothing has to be signed. The registry must have it, unless it is not
 * to be asked. Errors: TRUST_*, REGISTRY_*.
 */
export async function verifyByPolicy(
  image: TaggedImage,
  trust: Chosen,
  flags: PolicyFlags,
): Promise<VerifiedContent | undefined> {
  const registries = lazyRegistries(async () => openRegistryClient(flags))
  const { client } = registries
  const verifier = verifierFor(trust, { root: dataFolder(flags.root), client, onNotice: printNotice })
  try {
    return await interruptible(async (signal) => {
      const found = await verifier?.verify(image, { signal })
      if (found === undefined || !flags.registry) return found
      const { digest, size } = await contentOf(await client(), { ...image, digest: found.digest }, signal)
      if (found.size === undefined || found.size === size) return { digest, size }
      throw new IbuildError(
        'TRUST_CONTENT',
        `${nameOf(image)} has ${size} bytes in the registry, and ${found.size} are signed`,
      )
    })
  } finally {
    await verifier?.close()
    await registries.close()
  }
}
