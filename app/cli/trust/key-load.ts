import { roleOfSigner } from '../../../notary/client/plans/signers.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { importKeyFile } from './import-key-file.ts'
import { declareKeyFlags, type KeyFlags, keyRingOf } from './key-flags.ts'

interface Flags extends KeyFlags {
  readonly name: string
}

const help = `
The file is PEM: PKCS#8, PKCS#1 or SEC 1, or what ibuild trust key export wrote. A key that is not
locked gets a new passphrase.`

/** `ibuild trust key load FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key load', 'Put a private key into the key store')
    .argument('<file>', 'file with the key')
    .option('--name <signer>', 'name of the signer that it belongs to', 'signer')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareKeyFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  roleOfSigner(flags.name)
  const [file = ''] = words
  const keys = await importKeyFile(keyRingOf(flags), file, { role: flags.name, gun: undefined })
  for (const { key } of keys) process.stdout.write(`the key ${key.canonicalID} is in the key store\n`)
  return 0
}
