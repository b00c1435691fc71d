import { randomBytes } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import { ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { keyRows, masterRow, masterValue } from './rows.ts'
import { seal, unseal } from './seal.ts'
import { deriveKey, newDerivation, type SignerSecret } from './secret.ts'

const masterName = 'ibuild notary signer 1 master'

/**
 * The key that seals all keys of a signer: unsealed with the secret, or made and sealed with it where there are no keys yet.
 * Errors: SIGNER_INVALID when the secret is another one.
 */
export async function openMasterKey(rows: RowStore, secret: SignerSecret): Promise<Buffer> {
  const value = await rows.get(masterRow.key())
  if (value !== undefined) return unsealMaster(value, secret)
  const [key] = await rows.list({ prefix: keyRows.prefix(), limit: 1 })
  if (key !== undefined) throw invalid('what unlocks the keys of the signer is gone, and keys are there')
  const made = randomBytes(32)
  try {
    await writeMaster(rows, { master: made, secret, before: undefined })
    return made
  } catch (error) {
    if (error instanceof ChangeConflict) return openMasterKey(rows, secret)
    throw error
  }
}

/** From now on another secret unlocks. One change: after a crash it is the old secret or the new one. Errors: SIGNER_INVALID. */
export async function changeSecret(rows: RowStore, secrets: { from: SignerSecret; to: SignerSecret }): Promise<void> {
  const before = await rows.get(masterRow.key())
  if (before === undefined) throw invalid('the signer has no keys yet')
  const master = await unsealMaster(before, secrets.from)
  await writeMaster(rows, { master, secret: secrets.to, before })
}

interface Written {
  readonly master: Buffer
  readonly secret: SignerSecret
  readonly before: string | undefined
}

async function writeMaster(rows: RowStore, { master, secret, before }: Written): Promise<void> {
  const derivation = newDerivation(secret.kind)
  const sealed = seal(await deriveKey(secret, derivation), master, masterName)
  const key = masterRow.key()
  const put = [{ key, value: masterValue({ ...derivation, sealed }) }]
  await rows.commit({ put, expect: [{ key, value: before }] })
}

async function unsealMaster(value: string, secret: SignerSecret): Promise<Buffer> {
  const row = masterRow.parse(masterRow.key(), value)
  const names = { passphrase: 'a passphrase', key: 'a key file' }
  if (row.kind !== secret.kind)
    throw invalid(`the keys of the signer are locked with ${names[row.kind]}, which was not given`)
  const master = unseal(await deriveKey(secret, row), row.sealed, masterName)
  if (master === undefined)
    throw invalid(
      `the keys of the signer were locked with another ${secret.kind === 'key' ? 'key file' : 'passphrase'}`,
    )
  return master
}

function invalid(problem: string): IbuildError {
  return new IbuildError('SIGNER_INVALID', problem)
}
