import { createParser, parseArguments } from '../arguments.ts'
import { gunOf } from './image-name.ts'
import { importKeyFile } from './import-key-file.ts'
import { declareKeyFlags, type KeyFlags, keyRingOf } from './key-flags.ts'

interface Flags extends KeyFlags {
  readonly role?: string
  readonly image?: string
}

const help = `
What a file says that its keys are for counts before --role and --image. A key that is locked
keeps its passphrase, which is asked for; others get a new one.`

/** `ibuild trust key import FILE...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust key import', 'Put keys that were exported into the key store')
    .argument('<file...>', 'files with keys, several in one as well')
    .option('--role <role>', 'what the keys are for: root, targets, snapshot or a signer')
    .option('--image <image>', 'the image whose keys they are')
    .addHelpText('after', help)
  declareKeyFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const ring = keyRingOf(flags)
  const use = { role: flags.role, gun: flags.image === undefined ? undefined : gunOf(flags.image) }
  for (const file of words) {
    for (const { key, role, gun } of await importKeyFile(ring, file, use)) {
      const of = gun === undefined ? '' : ` of ${gun}`
      process.stdout.write(`the ${role} key ${key.canonicalID}${of} is in the key store\n`)
    }
  }
  return 0
}
