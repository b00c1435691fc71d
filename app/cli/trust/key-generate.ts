import { join } from 'node:path'
import { roleOfSigner } from '../../../notary/client/plans/signers.ts'
import { generateKey } from '../../../notary/keys/key-ring.ts'
import { writePublicKey } from '../../../notary/keys/public-key-file.ts'
import type { OwnKeyType } from '../../../notary/keys/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { declareKeyFlags, type KeyFlags, keyRingOf } from './key-flags.ts'
import { writeNewFile } from './write-new-file.ts'

interface Flags extends KeyFlags {
  readonly dir: string
  readonly type: string
}

const help = `
The private key goes into the key store, locked with a passphrase; the public one into NAME.pub.
Give that file to whoever owns an image, for ibuild trust signer add --key NAME.pub NAME IMAGE.`

/** `ibuild trust key generate NAME` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key generate', 'Make a key for a signer, and write its public half')
    .argument('<signer>', 'name of the signer: lower-case letters, digits, - and _')
    .option('--dir <dir>', 'folder for the public key', '.')
    .option('--type <type>', 'ecdsa, ed25519 or rsa', 'ecdsa')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareKeyFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [name = ''] = words
  roleOfSigner(name)
  const key = await generateKey(keyRingOf(flags), { role: name, gun: undefined }, keyType(flags.type))
  const file = join(flags.dir, `${name}.pub`)
  writeNewFile(file, writePublicKey(key.key, name), 0o644)
  process.stdout.write(`the key ${key.key.canonicalID} is in the key store, its public half in ${file}\n`)
  return 0
}

/** Errors: USAGE. */
function keyType(text: string): OwnKeyType {
  if (text === 'ecdsa' || text === 'ed25519' || text === 'rsa') return text
  throw new IbuildError('USAGE', `--type: ${JSON.stringify(text.slice(0, 40))} is none of ecdsa, ed25519 and rsa`)
}
