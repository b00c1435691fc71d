import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Credentials } from '../../shared/net/auth/credentials.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { needTerminal, passwordOfStdin } from '../cli/password.ts'
import { askLine, askSecret } from '../cli/prompt.ts'
import {
  declareRegistryFlags,
  isInsecure,
  printNotice,
  type RegistryFlags,
  registryOptions,
} from '../cli/registry-client.ts'
import { parseRegistryHost } from '../cli/registry-host.ts'
import { dockerConfigFile } from '../cli/registry-settings.ts'

interface Flags extends RegistryFlags {
  readonly username?: string
  readonly password?: string
  readonly passwordStdin?: boolean
}

const help = `
The registry is asked whether it knows the user. The credentials are kept as docker does: by the
credential helper that config.json names for the host (credHelpers, credsStore), else in config.json
itself, which only you can read, unencrypted. Docker uses them too.
Without a user name those that are kept already are tried.`

/** `ibuild login [HOST]`. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('login', 'Log in to a registry')
    .argument('[host]', 'host of the registry with optional port (default: docker.io)')
    .option('-u, --username <name>', 'user name')
    .option('-p, --password <text>', 'password or access token; others see it in the list of processes')
    .option('--password-stdin', 'read the password from stdin')
    .addHelpText('after', help)
  declareRegistryFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const domain = parseRegistryHost(words[0])
  const { env } = process
  const file = dockerConfigFile(env)
  const interrupt = onInterrupt()
  try {
    await cancellable(interrupt.signal, async () => {
      const { signal } = interrupt
      const options = await registryOptions({ isAllInsecure: isInsecure(flags), onNotice: printNotice })
      const { checkLogin } = await import('../../registry/client/login.ts')
      const { keepCredentials } = await import('../../registry/client/credentials/keep.ts')
      const credentials = (await given(flags)) ?? (await options.credentials?.find(domain)) ?? (await asked())
      const checked = await checkLogin(options, { domain, credentials, signal })
      const place = await keepCredentials({ domain, credentials: checked }, { file, env, signal })
      if (place === 'file')
        printNotice(`the credentials are kept unencrypted in ${file}; a credential helper keeps them safe`)
    })
  } finally {
    interrupt.release()
  }
  process.stdout.write('Login Succeeded\n')
  return 0
}

/** What the flags say, asked for where they say a part only. */
async function given(flags: Flags): Promise<Credentials | undefined> {
  const { username, password, passwordStdin = false } = flags
  if (password !== undefined && passwordStdin)
    throw new IbuildError('USAGE', '--password and --password-stdin are two ways of one thing')
  if ((password !== undefined || passwordStdin) && username === undefined)
    throw new IbuildError('USAGE', 'a password needs a user name', { hint: 'Name the user with -u.' })
  if (username === undefined) return undefined
  if (username === '') throw new IbuildError('USAGE', '--username is empty')
  if (username.includes(':')) throw colonIn(username)
  if (password !== undefined)
    printNotice('--password is seen by others in the list of processes; --password-stdin is not')
  return { kind: 'password', username, password: needPassword(await passwordFrom(flags)) }
}

async function passwordFrom({ password, passwordStdin }: Flags): Promise<string> {
  if (password !== undefined) return password
  if (passwordStdin === true) return passwordOfStdin()
  needTerminal(withoutTerminal)
  return askSecret('Password: ')
}

function needPassword(password: string): string {
  if (password !== '') return password
  throw new IbuildError('USAGE', 'the password is empty')
}

/** All is asked for. */
async function asked(): Promise<Credentials> {
  needTerminal(withoutTerminal)
  const username = await askLine('Username: ')
  if (username === '') throw new IbuildError('USAGE', 'the user name is empty')
  if (username.includes(':')) throw colonIn(username)
  return { kind: 'password', username, password: needPassword(await askSecret('Password: ')) }
}

/** HTTP ends the user name at the first colon; what follows would be taken for the password (RFC 7617, section 2). */
function colonIn(username: string): IbuildError {
  return new IbuildError('USAGE', `a user name has no colon: ${JSON.stringify(username)}`)
}

const withoutTerminal = 'Name the user with -u and give the password by --password-stdin.'
