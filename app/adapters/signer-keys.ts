import { mostPublicKeyFile, readPublicKey } from '../../notary/keys/public-key-file.ts'
import type { SignerKey } from '../../retention/server/config/signer-kind.ts'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { readStart } from '../../shared/cas/read-start.ts'
import type { NamedKey } from './image-signers.ts'

/** The keys that policies of retention may name, with what their files hold. Errors: SERVER_CONFIG_INVALID. */
export async function readSignerKeys(signers: readonly SignerKey[]): Promise<readonly NamedKey[]> {
  return Promise.all(signers.map(async ({ name, keyFile }) => ({ name, key: await keyIn(name, keyFile) })))
}

async function keyIn(name: string, file: string): Promise<NamedKey['key']> {
  try {
    const bytes = await readStart(file, mostPublicKeyFile + 1)
    return readPublicKey(bytes.toString('utf8')).key
  } catch (cause) {
    const problem = isIbuildError(cause) ? cause.message : `cannot be read (${errnoOf(cause) ?? 'unknown reason'})`
    throw new IbuildError('SERVER_CONFIG_INVALID', `retention.signers: the key ${name} in ${file}: ${problem}`, {
      cause,
    })
  }
}
