import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { IbuildError } from '../../shared/base/errors.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { type CredentialsWish, makeCredentials } from '../cli/services/make-credentials.ts'

interface Flags {
  readonly name?: string[]
  readonly owner?: string
}

const help = `
ibuild credentials /etc/ibuild/credentials --name registry.example.org --owner 65532:65532

The folder gets tls/ (a CA that clients have to trust, and a certificate of it for registry and
notary), signer/ (certificates by which signer and notary know each other), signer.key, which locks
the keys of the signer, and gc.password, of the account gc. What is there stays. Certificates hold
for two years: run it again before that, or for another name, and start the services anew.`

/** `ibuild credentials FOLDER` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('credentials', 'Make the certificates and secrets by which services know each other')
    .argument('<folder>', 'where they are written')
    .option('--name <name>', 'name or address by which clients reach registry and notary (repeat)', collect)
    .option('--owner <uid:gid>', 'whom the files are given to, as numbers; needs root')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const folder = resolve(words[0] ?? '')
  await makeCredentials({ folder, names: (flags.name ?? []).map(checkName), owner: ownerOf(flags.owner) })
  process.stdout.write(`credentials are in ${folder}; clients have to trust ${folder}/tls/ca.crt\n`)
  return 0
}

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i

function checkName(name: string): string {
  if (isIP(name) !== 0 || hostName.test(name)) return name.toLowerCase()
  throw new IbuildError('USAGE', `--name: ${JSON.stringify(name.slice(0, 100))} is no name of a host, and no address`, {
    hint: 'Leave scheme and port away.',
  })
}

function ownerOf(text: string | undefined): CredentialsWish['owner'] {
  if (text === undefined) return undefined
  const [, uid, gid] = /^(\d{1,9}):(\d{1,9})$/.exec(text) ?? []
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  throw new IbuildError('USAGE', `--owner: ${JSON.stringify(text.slice(0, 40))} is not UID:GID in numbers`)
}
