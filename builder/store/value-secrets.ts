import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'
import type { StoreContext } from './context.ts'

const keyBytes = 32

/**
 * A digest of a secret text that nobody can guess the text from who has not the store's own random key: that key is made
 * when it is first needed, readable by its owner alone. When it is lost or damaged a new one is made, and steps that
 * depend on secrets run again.
 */
export function createSecretDigest({ layout, temps }: StoreContext): (text: string) => string {
  let known: Buffer | undefined
  return (text) => {
    known ??= readKey(layout.secretFile) ?? makeKey(layout.secretFile, temps.name('secret'))
    return `hmac-sha256:${createHmac('sha256', known).update(text).digest('hex')}`
  }
}

function readKey(file: string): Buffer | undefined {
  try {
    const key = readFileSync(file)
    if (key.length === keyBytes) return key
    rmSync(file, { force: true })
    return undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Of two processes that make it at once the first one's counts. */
function makeKey(file: string, temporary: string): Buffer {
  mapDiskFullSync(() => writeFileSync(temporary, randomBytes(keyBytes), { mode: 0o600 }))
  try {
    linkSync(temporary, file)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  const key = readKey(file)
  if (key === undefined) throw new Error(`${file} vanished while it was made`)
  return key
}
