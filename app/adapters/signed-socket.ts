import { join } from 'node:path'
import { notaryLayout } from '../../notary/server/layout.ts'
import type { SignedName } from '../../notary/tuf/signed-digests.ts'
import { adminCalls, isNobodyThere } from '../../shared/web/admin/call.ts'
import type { AdminRoute } from '../../shared/web/admin/route.ts'
import type { SignedIn } from './trust-roots.ts'

/** For each collection of a repository its digests, as hex, with the places where each is listed. */
type Told = readonly (readonly (readonly [hex: string, names: readonly SignedName[]])[])[]

/** Where a notary that runs alone tells other processes of its user what is signed. */
export function signedSocket(root: string): string {
  return join(notaryLayout(root).folder, 'signed.sock')
}

export const signedRoutes: readonly AdminRoute<SignedIn>[] = [
  {
    method: 'GET',
    path: '/v1/signed/{repository}',
    about: 'what collections of a repository sign: of each an array of `[sha256, [{role, name}]]`',
    run: async (signedIn, [name = '']): Promise<Told> => [...(await signedIn(name))].map((digests) => [...digests]),
  },
]

/** Asks the notary that listens on the socket; undefined when none does. */
export async function askSigned(socket: string, name: string): Promise<Awaited<ReturnType<SignedIn>> | undefined> {
  try {
    const told = await adminCalls(socket)<Told>('GET', `/v1/signed/${encodeURIComponent(name)}`)
    return told.map((digests) => new Map(digests))
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}
