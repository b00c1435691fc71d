import { parseTrustServer } from '../../../notary/client/server-address.ts'
import { createTrustServer, type TrustServer } from '../../../notary/client/trust-server.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { type Command, collect, createParser } from '../arguments.ts'
import { needTerminal, passwordOfStdin } from '../password.ts'
import { askSecret } from '../prompt.ts'
import { printNotice } from '../registry-client.ts'
import { readTextFile } from '../trust/read-text-file.ts'
import { trustConnection } from '../trust-connection.ts'

export interface ImportFlags {
  readonly root?: string
  readonly from?: string
  readonly ca?: readonly string[]
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly all?: boolean
}

const help = `
Each collection is taken as it is there, with all its roots, and verified. Clients that know it from
the other server go on with this one. It is read-only until its owner gives it keys of this server:
  ibuild trust rotate IMAGE timestamp snapshot
Where publishers have the key of the snapshot themselves (not with docker trust) this does as well:
  notary key rotate IMAGE timestamp -r
What was changed here since is never replaced, so it may be run again until all have moved.`

export function importParser(): Command {
  return createParser('notary import', 'Take over trusted collections from another server')
    .argument('[gun...]', 'collections, such as registry.example.org/team/app')
    .option('--from <url>', 'the other server: https://HOST:PORT')
    .option('--all', 'all collections that its changefeed tells of')
    .option('--ca <file>', 'PEM file with the CA of the other server (repeat)', collect)
    .option('--user <name>', 'account there (default: as docker login left it)')
    .option('--password-stdin', 'read its password from stdin')
    .addHelpText('after', help)
}

const mostBytes = 1024 * 1024

/** The server that is named. Errors: USAGE, CANCELLED. */
export async function serverOf(flags: ImportFlags): Promise<TrustServer> {
  const { from, ca = [], user, passwordStdin = false } = flags
  if (from === undefined) throw new IbuildError('USAGE', 'name the other server: --from https://HOST:PORT')
  const url = parseTrustServer(from)
  const authorities = ca.map((file) => readTextFile(file, mostBytes))
  if (user === undefined && passwordStdin) throw new IbuildError('USAGE', '--password-stdin is for --user')
  const connection = await trustConnection(printNotice)
  const named = user === undefined ? undefined : { kind: 'password' as const, ...(await passwordFor(user, flags)) }
  const credentials = named === undefined ? connection.credentials : { find: async () => named }
  return createTrustServer({ ...connection, url, credentials, ca: authorities })
}

async function passwordFor(
  username: string,
  { passwordStdin = false }: ImportFlags,
): Promise<{ readonly username: string; readonly password: string }> {
  if (passwordStdin) return { username, password: await passwordOfStdin() }
  needTerminal('Give the password by --password-stdin.')
  return { username, password: await askSecret(`Password of ${username}: `) }
}
