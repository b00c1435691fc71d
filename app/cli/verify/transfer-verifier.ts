import type { ImageVerifier } from '../../../builder/ports.ts'
import type { TransferScope } from '../transfer-command.ts'
import { verifierFor } from './lazy-verifier.ts'
import type { TrustChoice } from './trust-choice.ts'

/** Gives a command that moves images who verifies them, if anybody does, for as long as it works. */
export async function withVerifier<T>(
  { client, emit }: TransferScope,
  { root, trust }: { readonly root: string; readonly trust: TrustChoice },
  work: (verifier: ImageVerifier | undefined) => Promise<T>,
): Promise<T> {
  const onNotice = (message: string): void => emit({ type: 'notice', message: `note: ${message}` })
  const verifier = verifierFor(trust, { root, client: async () => client, onNotice })
  try {
    return await work(verifier)
  } finally {
    await verifier?.close()
  }
}
