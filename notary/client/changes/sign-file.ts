import type { JsonObject } from '../../../shared/base/json.ts'
import { canonicalText } from '../../tuf/canonical.ts'
import { readMetadata } from '../../tuf/read-metadata.ts'
import type { KeyID, PublicKey, RoleName, Signature } from '../../tuf/types.ts'
import { isSignatureOf, verifySignatures } from '../../tuf/verify.ts'
import { type MadeSignature, writeMetadata } from '../../tuf/write-metadata.ts'
import { canonicalIDs, type KeysOfRole } from './role-keys.ts'
import type { SigningKeys } from './types.ts'

/** What is to be signed, and by whom: for a root by the keys that it had and by those that it has. */
export interface FileToSign {
  readonly role: RoleName
  readonly json: JsonObject
  readonly signers: readonly KeysOfRole[]
  /** What others signed already; what is not true of it is dropped. */
  readonly signatures?: readonly Signature[] | undefined
}

export interface SignedFile {
  readonly bytes: Buffer
  /** Signatures that are missing, over all that must sign. */
  readonly missing: number
  /** Canonical IDs of keys that may sign, and did not. */
  readonly unused: readonly KeyID[]
}

/** Signs with each key that is at hand and did not sign yet. Errors: those of {@link SigningKeys.unlock}. */
export async function signFile(file: FileToSign, keys: SigningKeys): Promise<SignedFile> {
  const text = canonicalText(file.json)
  const message = Buffer.from(text)
  const made: MadeSignature[] = []
  for (const key of distinctKeys(file.signers)) {
    const bytes = earlierSignature(file, key, message) ?? (await sign(keys, key, message))
    if (bytes !== undefined) made.push({ key, bytes })
  }
  const bytes = writeMetadata(text, made)
  return { bytes, ...lackOf(file, bytes) }
}

/** What a file of a role still needs. */
function lackOf({ role, signers }: FileToSign, bytes: Buffer): Omit<SignedFile, 'bytes'> {
  const metadata = readMetadata(role, bytes)
  const verdicts = signers.map((needed) => ({ needed, ...verifySignatures(metadata, needed, needed.keys) }))
  const short = verdicts.filter(({ missing }) => missing > 0)
  return {
    missing: Math.max(0, ...short.map(({ missing }) => missing)),
    unused: [
      ...new Set(short.flatMap(({ needed, signers }) => [...canonicalIDs(needed)].filter((id) => !signers.has(id)))),
    ],
  }
}

/** Each form of each key: a signature names the form in which the role has it. */
function distinctKeys(signers: readonly KeysOfRole[]): readonly PublicKey[] {
  const keys = signers.flatMap(({ keys }) => [...keys.values()])
  const known = keys.filter((key): key is PublicKey => key.type !== undefined)
  return [...new Map(known.map((key) => [key.id, key])).values()]
}

function earlierSignature(file: FileToSign, key: PublicKey, message: Buffer): Buffer | undefined {
  return file.signatures?.find(({ keyID, bytes }) => keyID === key.id && isSignatureOf(key, message, bytes))?.bytes
}

async function sign(keys: SigningKeys, key: PublicKey, message: Buffer): Promise<Buffer | undefined> {
  return (await keys.unlock(key.canonicalID))?.sign(message)
}
