import { passphraseVariable } from '../../../notary/server/config/read.ts'
import type { SecretSource } from '../../../notary/signer/read-secret.ts'
import type { Command } from '../arguments.ts'

/** What unlocks the keys of a signer. */
export interface SecretFlags {
  readonly root?: string
  readonly keyFile?: string
  readonly passphraseFile?: string
}

export function declareSecretFlags(parser: Command): Command {
  return parser
    .option('--key-file <file>', 'file of 32 bytes or more that lock the keys')
    .option(
      '--passphrase-file <file>',
      `its one line is the passphrase that locks the keys (else: ${passphraseVariable})`,
    )
}

/** Flags go before the variable. */
export function secretOf({ keyFile, passphraseFile }: SecretFlags, env: NodeJS.ProcessEnv): SecretSource {
  const isNamed = keyFile !== undefined || passphraseFile !== undefined
  return { keyFile, passphraseFile, passphrase: isNamed ? undefined : env[passphraseVariable] || undefined }
}
