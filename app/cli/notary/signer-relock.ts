import { notaryLayout } from '../../../notary/server/layout.ts'
import { openSignerFolder } from '../../../notary/signer/open-signer.ts'
import { readSecret, secretOfFolder } from '../../../notary/signer/read-secret.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { printNotice } from '../registry-client.ts'
import { declareSecretFlags, type SecretFlags, secretOf } from './signer-flags.ts'

interface Flags extends SecretFlags {
  readonly newKeyFile?: string
  readonly newPassphraseFile?: string
}

const help = `
The server or signer that uses the keys must not run. The keys stay the same; after a crash it is the
old secret that unlocks them or the new one.`

/** `ibuild notary signer relock` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('notary signer relock', 'Lock the keys of the signer with another passphrase or key file')
    .option('--new-key-file <file>', 'file of 32 bytes or more that lock them from now on')
    .option('--new-passphrase-file <file>', 'its one line is the passphrase that locks them from now on')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(declareSecretFlags(parser), argv)
  const { newKeyFile: keyFile, newPassphraseFile: passphraseFile } = flags
  const next = await readSecret({ keyFile, passphraseFile }, printNotice)
  if (next === undefined)
    throw new IbuildError('USAGE', 'name what is to lock the keys: --new-key-file or --new-passphrase-file')
  const folder = notaryLayout(dataFolder(flags.root)).signer
  const source = secretOf(flags, process.env)
  const secret = await secretOfFolder(folder, source, printNotice)
  const signer = await openSignerFolder({ ...source, folder, now: Date.now })
  try {
    await signer.changeSecret(secret, next)
  } finally {
    await signer.close()
  }
  process.stdout.write('the keys of the signer are locked with the new secret\n')
  return 0
}
