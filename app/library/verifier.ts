import { checkOptions } from '../../builder/check-options.ts'
import { lazyRegistries, type Registries } from '../adapters/lazy-registries.ts'
import type { ClosableVerifier } from '../adapters/policy-verifier.ts'
import type { StoreOptions } from './options.ts'
import { credentialsOf, openClient, type RegistryOptions } from './registries.ts'

/** By what images are verified; neither the environment nor files of Docker are read. */
export interface VerifierOptions extends StoreOptions {
  /**
   * What must be signed by whom: plain data as docs/trust-policy.md has it, `default` and `rules`. Without it every image must be
   * signed by somebody, who is believed at the first contact.
   */
  readonly policy?: unknown
  /** The folder to which paths in the policy are relative; without it they are USAGE. */
  readonly folder?: string
  /** The trust server where the policy names none; else the one that the name of an image leads to. */
  readonly server?: string
  /** PEM certificates of authorities of trust servers, beside those that everybody trusts. */
  readonly authorities?: readonly string[]
  /** Who we are for trust servers and for registries, in which cosign's signatures are. */
  readonly registries?: RegistryOptions
  /** Gets what a person may want to know. */
  readonly onNotice?: (message: string) => void
}

/**
 * Verifies images by a policy: `build({ ...options, images, verifier })`. What is seen of collections is remembered in the data
 * folder. Nothing is asked before an image is. Errors: `TRUST_POLICY_INVALID`, when the first image is asked about.
 */
export function openVerifier(options: VerifierOptions): ClosableVerifier {
  const checked = checkOptions('openVerifier', options, ['root'])
  const registries = lazyRegistries(async () => openClient(checked.registries ?? {}))
  let opened: Promise<ClosableVerifier> | undefined
  const once = async (): Promise<ClosableVerifier> => (opened ??= open(checked, registries.client))
  return {
    verify: async (...args) => (await once()).verify(...args),
    checkUnnamed: async (text) => (await once()).checkUnnamed(text),
    // That it could not be opened was told to who asked.
    close: async () => {
      await (await opened?.catch(() => undefined))?.close()
      await registries.close()
    },
  }
}

async function open(
  { root, policy, folder, server, authorities, registries = {}, onNotice = () => undefined }: VerifierOptions,
  client: Registries['client'],
): Promise<ClosableVerifier> {
  const { policyOfData, policyVerifier } = await import('../adapters/policy-verifier.ts')
  const { userAgent = 'ibuild' } = registries
  const connection = { userAgent, credentials: credentialsOf(registries), certificateFolders: [], ca: authorities }
  return policyVerifier({ policy: policyOfData(policy, folder), root, connection, server, client, onNotice })
}
