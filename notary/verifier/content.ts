import { fileProblem } from '../tuf/file-meta.ts'
import type { Gun } from '../tuf/types.ts'
import { TrustRefusal } from './refusal.ts'
import type { SignedTarget } from './types.ts'

/** Content, such as a manifest, must be what was signed: length and hashes. Errors: TRUST_CONTENT. */
export function requireContent(gun: Gun, { name, target, role }: SignedTarget, bytes: Uint8Array): void {
  const problem = fileProblem(bytes, target)
  if (problem === undefined) return
  const digest = `sha256:${target.sha256.toString('hex')}`
  throw new TrustRefusal(
    'TRUST_CONTENT',
    { gun, role: 'target', step: 'content' },
    `${name} is signed by ${role} as ${digest} of ${target.length} bytes, but what came is something else: ${problem}`,
  )
}

/** The target that a name has, for whoever cannot go on without. Errors: TRUST_NOT_SIGNED. */
export function requireTarget(gun: Gun, name: string, found: SignedTarget | undefined): SignedTarget {
  if (found !== undefined) return found
  throw new TrustRefusal('TRUST_NOT_SIGNED', { gun, role: 'target', step: 'name' }, `nobody signed ${name}`, {
    hint: `Whoever may sign does so with ibuild trust sign ${gun}:${name}.`,
  })
}
