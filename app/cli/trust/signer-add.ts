import { addSigner } from '../../../notary/client/plans/signers.ts'
import { mostPublicKeyFile, readPublicKey } from '../../../notary/keys/public-key-file.ts'
import { planToMakeAndChange } from '../../trust/change.ts'
import { collect, createParser, parseArguments } from '../arguments.ts'
import { carryOut, declarePublishFlags, type PublishFlags } from './carry-out.ts'
import { gunOf } from './image-name.ts'
import { createOptions, declareRootKeyFlags, type RootKeyFlags } from './init.ts'
import { readFileAs } from './read-text-file.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags, PublishFlags, RootKeyFlags {
  readonly key: readonly string[]
}

const help = `
The signer's key gets the role targets/NAME, which tells who signed, and targets/releases, from
which docker pulls. A key file is what ibuild trust key generate wrote, or a certificate. The key
of the owner is needed here. An image that is not trusted yet gets its collection.`

/** `ibuild trust signer add --key FILE NAME IMAGE...` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust signer add', 'Let somebody sign the tags of images')
    .argument('<signer>', 'name of the signer: lower-case letters, digits, - and _')
    .argument('<repository...>', 'the images, without tags')
    .requiredOption('--key <file>', 'public key of the signer (repeat)', collect)
    .addHelpText('after', help)
  declarePublishFlags(declareTrustFlags(declareRootKeyFlags(parser)))
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [name = '', ...images] = words
  const keys = flags.key.map((file) => readFileAs(file, mostPublicKeyFile, readPublicKey).key)
  const changes = addSigner(name, keys)
  const create = await createOptions(flags)
  for (const gun of images.map(gunOf)) {
    await useTrust(flags, gun, async (session) => {
      const plan = planToMakeAndChange(session, { gun, changes, create })
      const published = await carryOut(session, { gun, plan }, flags)
      if (published !== undefined) process.stdout.write(`${name} may sign ${gun}\n`)
    })
  }
  return 0
}
