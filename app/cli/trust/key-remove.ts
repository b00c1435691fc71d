import { removeKey } from '../../../notary/keys/key-ring.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { confirm } from './confirm.ts'
import { declareStoreFlag, type KeyFlags, keyStoreOf } from './key-flags.ts'
import { keyNamed } from './named-key.ts'

interface Flags extends KeyFlags {
  readonly yes?: boolean
}

/** `ibuild trust key remove ID...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key remove', 'Remove keys from the key store for good')
    .argument('<id...>', 'first digits of the IDs of the keys')
    .option('-y, --yes', 'do not ask')
  declareStoreFlag(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const store = keyStoreOf(flags)
  const keys = await Promise.all(words.map((id) => keyNamed(store, id)))
  for (const { id, role, gun } of keys) {
    const of = gun === undefined ? '' : ` of ${gun}`
    await confirm(`Nothing brings it back. Remove the ${role ?? 'private'} key ${id}${of}?`, flags)
    await removeKey({ store }, id)
    process.stdout.write(`removed the key ${id}\n`)
  }
  return 0
}
