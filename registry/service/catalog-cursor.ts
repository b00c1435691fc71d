import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { asString } from '../../shared/base/json.ts'
import { ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { settingRows } from '../storage/rows.ts'

/**
 * Where a listing of the catalog goes on. A caller who may see few of the repositories is told no name of the others, but a
 * sealed one; `~` begins no name.
 */
export interface CatalogCursor {
  /** The name after which to go on. PAGINATION_NUMBER_INVALID for what we did not seal. */
  open(last: string | undefined): string | undefined
  /** For the next page after `name`: the name itself when it is the last of what the caller sees. */
  seal(name: string | undefined, seen: readonly string[]): string | undefined
}

const secretKey = settingRows.key('catalog-secret')
const algorithm = 'aes-256-gcm'
const [nonceBytes, tagBytes] = [12, 16]

/** The secret is kept, so that a listing can go on after a restart. */
export async function createCatalogCursor(metadata: RowStore): Promise<CatalogCursor> {
  const secret = await storedSecret(metadata)
  return {
    open: (last) => (last?.startsWith('~') ? opened(secret, last.slice(1)) : last),
    seal: (name, seen) => (name === undefined || name === seen.at(-1) ? name : `~${sealed(secret, name)}`),
  }
}

async function storedSecret(metadata: RowStore): Promise<Buffer> {
  const value = await metadata.get(secretKey)
  if (value !== undefined) return secretOf(value)
  const row = settingRows.row(['catalog-secret'], randomBytes(32).toString('base64url'))
  try {
    await metadata.commit({ put: [row], expect: [{ key: secretKey, value: undefined }] })
  } catch (error) {
    if (!(error instanceof ChangeConflict)) throw error
  }
  return storedSecret(metadata)
}

function secretOf(value: string): Buffer {
  const text = asString(settingRows.parse(secretKey, value), { code: 'STORE_INVALID', path: secretKey })
  return Buffer.from(text, 'base64url')
}

function sealed(secret: Buffer, name: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, secret, nonce)
  const text = Buffer.concat([cipher.update(name, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')
}

function opened(secret: Buffer, text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  const start = nonceBytes + tagBytes
  try {
    const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAuthTag(bytes.subarray(nonceBytes, start))
    return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]).toString()
  } catch (cause) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', 'no page begins here: begin again', { cause })
  }
}
