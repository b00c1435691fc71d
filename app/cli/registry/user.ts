import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { problemOfAccountName } from '../../../registry/access/account-name.ts'
import { parseHtpasswd, withAccount, withoutAccount } from '../../../registry/access/htpasswd.ts'
import { changeHtpasswd, readHtpasswd } from '../../../registry/access/htpasswd-file.ts'
import { problemOfPassword } from '../../../registry/access/password.ts'
import { connectAdmin } from '../../../registry/server/admin/client.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { jsonText } from '../json-text.ts'
import { askNewPassword, passwordOfStdin } from '../password.ts'
import { loadConfig } from '../serve/load-config.ts'
import { writeLines } from '../write-lines.ts'

interface Flags {
  readonly root?: string
  readonly config?: string
  readonly htpasswd?: string
  readonly passwordStdin?: boolean
  readonly json?: boolean
}

const help = `
Without --password-stdin the password is asked for on the terminal. It is kept as a bcrypt hash, in
the file that access.htpasswd of the configuration names, or else registry/htpasswd in the data
folder. A running server takes changes within two seconds; one that was started without accounts
asks for them from its next start on.`

/** `ibuild registry user add|remove|list|passwd [NAME]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry user', 'Keep the accounts that may log in to the registry')
    .argument('<what>', 'add, remove, list, or passwd to set a password anew')
    .argument('[name]', 'name of the account; case makes a difference')
    .option('--password-stdin', 'read the password from stdin')
    .option('--config <file>', 'configuration of the server (default: IBUILD_REGISTRY_CONFIG)')
    .option('--htpasswd <file>', 'file with the accounts, whatever the configuration says')
    .option('--json', 'print a JSON array of the names')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [word = '', name] = words
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action === undefined) {
    throw new IbuildError('USAGE', `user: ${JSON.stringify(word)} is none of ${Object.keys(actions).join(', ')}`)
  }
  refuseUnused(word, flags)
  await action({ name, flags, ...(await placesOf(flags)) })
  return 0
}

interface Asked {
  /** Where a server of the data folder answers. */
  readonly socket: string
  readonly name: string | undefined
  readonly flags: Flags
  readonly file: string
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<void>>> = {
  add: (asked) => setPassword(asked, refuseKnown),
  passwd: (asked) => setPassword(asked, refuseUnknown),
  async remove({ name, file }) {
    const checked = checkName(name)
    await changeHtpasswd(file, (text) => {
      refuseUnknown(namesIn(text, file), checked)
      return withoutAccount(text, checked)
    })
  },
  async list({ name, flags, file }) {
    if (name !== undefined) throw new IbuildError('USAGE', 'user list: lists all accounts, and takes no name')
    const names = existsSync(file) ? (await readHtpasswd(file)).map((entry) => entry.name) : []
    await writeLines(flags.json === true ? [jsonText(names)] : names.map((one) => `${one}\n`))
  },
}

type Refuse = (names: ReadonlySet<string>, name: string) => void

/** What can be told before the password is asked for is told before; then the file may have changed. */
async function setPassword({ name, flags, file, socket }: Asked, refuse: Refuse): Promise<void> {
  const checked = checkName(name)
  const isThere = existsSync(file)
  const known = isThere ? (await readHtpasswd(file)).map((entry) => entry.name) : []
  refuse(new Set(known), checked)
  const password = flags.passwordStdin === true ? await passwordOfStdin() : await askNewPassword(withoutTerminal)
  const problem = problemOfPassword(password)
  if (problem !== undefined) throw new IbuildError('USAGE', `the password ${problem}`)
  const { hashPassword } = await import('../../../registry/access/bcrypt.ts')
  const hash = await hashPassword(password)
  await changeHtpasswd(file, (text) => {
    refuse(namesIn(text, file), checked)
    return withAccount(text, { name: checked, hash })
  })
  if (!isThere && (await connectAdmin(socket)) !== undefined)
    process.stderr.write('the server that runs was started without accounts: it asks for them from its next start on\n')
}

const withoutTerminal = 'Give the password by --password-stdin.'

function refuseKnown(names: ReadonlySet<string>, name: string): void {
  if (names.has(name)) throw new IbuildError('ACCOUNT_EXISTS', `there is an account ${name} already`)
}

function refuseUnknown(names: ReadonlySet<string>, name: string): void {
  if (!names.has(name)) throw new IbuildError('ACCOUNT_NOT_FOUND', `there is no account ${name}`)
}

function namesIn(text: string, file: string): ReadonlySet<string> {
  return new Set(parseHtpasswd(text, file).map(({ name }) => name))
}

/** Errors: USAGE. */
function checkName(name: string | undefined): string {
  if (name === undefined) throw new IbuildError('USAGE', 'user: the name of the account is missing')
  const problem = problemOfAccountName(name)
  if (problem === undefined) return name
  throw new IbuildError('USAGE', `the name ${JSON.stringify(name)} ${problem}`)
}

function refuseUnused(action: string, { passwordStdin, json }: Flags): void {
  const setsPassword = action === 'add' || action === 'passwd'
  if (passwordStdin === true && !setsPassword) throw new IbuildError('USAGE', `user ${action}: needs no password`)
  if (json === true && action !== 'list')
    throw new IbuildError('USAGE', `user ${action}: prints nothing, --json is for list`)
}

async function placesOf({ htpasswd, ...flags }: Flags): Promise<Pick<Asked, 'file' | 'socket'>> {
  if (htpasswd === '') throw new IbuildError('USAGE', '--htpasswd is empty')
  if (htpasswd !== undefined)
    return { file: resolve(htpasswd), socket: registryLayout(dataFolder(flags.root)).adminSocket }
  const { config, root } = await loadConfig(flags, process.env)
  const layout = registryLayout(root)
  return { file: config.access.htpasswd || layout.htpasswd, socket: layout.adminSocket }
}
