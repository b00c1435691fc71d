import { createParser, parseArguments } from '../arguments.ts'
import { confirm } from './confirm.ts'
import { gunOf } from './image-name.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly yes?: boolean
}

const help = `
All versions of it go from the server, and what is remembered of it here. Keys stay. Others who
have seen it refuse a new collection of the name with other root keys.`

/** `ibuild trust delete IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust delete', 'Delete the trusted collection of an image from the trust server')
    .argument('<repository>', 'the image, without tag')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  await confirm(`Delete the trusted collection ${gun}, with all that is signed?`, flags)
  await useTrust(flags, gun, async ({ publisher, cache }) => {
    await publisher.remove(gun)
    await cache.remove(gun)
  })
  process.stdout.write(`deleted the trusted collection ${gun}\n`)
  return 0
}
