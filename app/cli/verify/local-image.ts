import type { Store, StoredImage } from '../../../builder/store/types.ts'
import { openRegistryClient, printNotice } from '../registry-client.ts'
import { verifierFor } from './lazy-verifier.ts'
import type { TrustChoice } from './trust-choice.ts'

interface CheckOptions {
  readonly trust: TrustChoice
  readonly signal: AbortSignal
}

/** Lets an image of the store be used under the word by which it was found, if it is signed as it has to be. Errors: TRUST_*. */
export async function checkLocalImage(
  store: Store,
  named: { readonly image: StoredImage; readonly text: string },
  { trust, signal }: CheckOptions,
): Promise<void> {
  if (trust.kind === 'off') return
  const { lazyRegistries } = await import('../../adapters/lazy-registries.ts')
  const { requireSigned } = await import('../../../builder/transfer/signed-content.ts')
  const registries = lazyRegistries(openRegistryClient)
  const verifier = verifierFor(trust, { root: store.root, client: registries.client, onNotice: printNotice })
  try {
    if (verifier !== undefined) await requireSigned(store, named, { verifier, signal })
  } finally {
    await verifier?.close()
    await registries.close()
  }
}
