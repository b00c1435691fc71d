import { exportKey } from '../../../notary/keys/key-ring.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { gunOf } from './image-name.ts'
import { declareStoreFlag, type KeyFlags, keyStoreOf } from './key-flags.ts'
import { keyNamed } from './named-key.ts'
import { writeNewFile } from './write-new-file.ts'

interface Flags extends KeyFlags {
  readonly output: string
  readonly image?: string
}

const help = `
Keys stay locked with their passphrases. Take root keys to a place that is not on the network, and
remove them here: without them nothing but tags can be changed, and whoever has them owns the
image.`

/** `ibuild trust key export -o FILE [ID...]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key export', 'Write keys, locked as they are, for another machine')
    .argument('[id...]', 'keys, by the first digits of their IDs; without any all keys')
    .requiredOption('-o, --output <file>', 'where to write to; the file must not be there')
    .option('--image <image>', 'the keys of this image alone')
    .addHelpText('after', help)
  declareStoreFlag(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const store = keyStoreOf(flags)
  const gun = flags.image === undefined ? undefined : gunOf(flags.image)
  const named = words.length === 0 ? await store.list() : await Promise.all(words.map((id) => keyNamed(store, id)))
  const keys = named.filter((key) => gun === undefined || key.gun === gun)
  if (keys.length === 0) throw new IbuildError('KEY_NOT_FOUND', 'the key store has no such keys')
  const texts = await Promise.all(keys.map(({ id }) => exportKey({ store }, id)))
  writeNewFile(flags.output, texts.join(''), 0o600)
  process.stdout.write(`${keys.length} ${keys.length === 1 ? 'key is' : 'keys are'} in ${flags.output}\n`)
  return 0
}
