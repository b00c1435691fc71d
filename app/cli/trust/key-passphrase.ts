import { changePassphrase } from '../../../notary/keys/key-ring.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { declareKeyFlags, type KeyFlags, keyRingOf } from './key-flags.ts'
import { keyNamed } from './named-key.ts'
import { passphraseSource } from './passphrases.ts'

interface Flags extends KeyFlags {
  readonly newPassphraseFile?: string
}

/** `ibuild trust key passphrase ID` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key passphrase', 'Lock a key with another passphrase')
    .argument('<id>', 'first digits of the ID of the key')
    .option('--new-passphrase-file <file>', 'its first line is the new passphrase, which is else asked for')
    .allowExcessArguments(false)
  declareKeyFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const { store, ask } = keyRingOf(flags)
  const { id } = await keyNamed(store, words[0] ?? '')
  // variables have the passphrase of now, and say nothing of the next
  const askNew = passphraseSource({ env: {}, file: flags.newPassphraseFile })
  await changePassphrase({ store, ask: async (about) => (about.isNew ? askNew(about) : ask(about)) }, id)
  process.stdout.write(`the key ${id} has another passphrase\n`)
  return 0
}
