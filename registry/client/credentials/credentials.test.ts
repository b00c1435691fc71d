import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import type { Credentials } from '../../../shared/net/auth/credentials.ts'
import { failsWith } from '../testing/client.ts'
import { credentialsIn, parseConfigFile } from './config-file.ts'
import { forgetCredentials, keepCredentials } from './keep.ts'
import { credentialSource } from './source.ts'

const auth = (text: string): string => Buffer.from(text).toString('base64')
const bob: Credentials = { kind: 'password', username: 'bob', password: 'se:cret' }

const file = parseConfigFile(
  {
    auths: {
      'https://index.docker.io/v1/': { auth: auth('hub:pass') },
      'plain.test:5000': { auth: auth('bob:se:cret') },
      'https://old.test/v1/': { username: 'old', password: 'pass' },
      'token.test': { auth: auth('bob:'), identitytoken: 'refresh' },
      'bearer.test': { registrytoken: 'sent as it is' },
      'empty.test': {},
      'broken.test': { auth: '%%%' },
      'nul.test': { auth: auth('bob:pass\0\0') },
      'part.test/team': { auth: auth('team:pass') },
      'part.test/team/app': { auth: auth('app:pass') },
      'list.test': [],
    },
  },
  'config.json',
)

for (const [domain, path, expected] of [
  ['docker.io', undefined, { kind: 'password', username: 'hub', password: 'pass' }],
  ['plain.test:5000', 'a', bob],
  ['plain.test', undefined, undefined],
  ['old.test', undefined, { kind: 'password', username: 'old', password: 'pass' }],
  ['token.test', undefined, { kind: 'identity', token: 'refresh', username: 'bob' }],
  ['bearer.test', undefined, { kind: 'bearer', token: 'sent as it is' }],
  ['empty.test', undefined, undefined],
  ['broken.test', undefined, undefined],
  ['list.test', undefined, undefined],
  ['nul.test', undefined, { kind: 'password', username: 'bob', password: 'pass' }],
  ['part.test', 'team/app/x', { kind: 'password', username: 'app', password: 'pass' }],
  ['part.test', 'team/other', { kind: 'password', username: 'team', password: 'pass' }],
  ['part.test', 'other', undefined],
] as const) {
  test(`credentials of ${domain}, ${path}`, (t) =>
    t.deepEqual<unknown, unknown>(credentialsIn(file, domain, path), expected))
}

/** A helper that keeps what it is given in files, and notes what it was asked. */
const helper = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$1" >> asked
case $1 in
get) read -r host; name=kept-$(echo "$host" | tr '/:' '__')
  if [ -f "$name" ]; then cat "$name"; else echo "credentials not found in native keychain"; exit 1; fi ;;
store) text=$(cat); host=$(echo "$text" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/'); echo "$text" > "kept-$(echo "$host" | tr '/:' '__')" ;;
erase) read -r host; rm "kept-$(echo "$host" | tr '/:' '__')" 2>/dev/null || { echo "credentials not found"; exit 1; } ;;
esac
`

interface Home {
  readonly folder: string
  readonly config: string
  readonly env: Record<string, string>
  readonly notices: string[]
  readonly find: (domain: string) => Promise<Credentials | undefined>
  readonly read: () => Record<string, unknown>
}

function home(t: ExecutionContext, content?: unknown, script = helper): Home {
  const folder = temporaryFolder(t)
  const config = join(folder, 'docker/config.json')
  mkdirSync(join(folder, 'docker'))
  if (content !== undefined) writeFileSync(config, typeof content === 'string' ? content : JSON.stringify(content))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/docker-credential-test'), script)
  chmodSync(join(folder, 'bin/docker-credential-test'), 0o755)
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
  const notices: string[] = []
  const find = (domain: string): Promise<Credentials | undefined> =>
    credentialSource({ files: [config], env, onNotice: (text) => notices.push(text) }).find(domain)
  return {
    folder,
    config,
    env,
    notices,
    find,
    read: () => JSON.parse(readFileSync(config, 'utf8')) as Record<string, unknown>,
  }
}

test('what is kept is found again, in a file that only the user can read', async (t) => {
  const { config, env, find, read } = home(t)
  t.is(await keepCredentials({ domain: 'a.test', credentials: bob }, { file: config, env }), 'file')
  t.deepEqual(read(), { auths: { 'a.test': { auth: auth('bob:se:cret') } } })
  t.is(statSync(config).mode & 0o777, 0o600)
  t.deepEqual(await find('a.test'), bob)
  t.deepEqual(readdirSync(join(config, '..')), ['config.json'])
  t.true(await forgetCredentials('a.test', { file: config, env }))
  t.is(await find('a.test'), undefined)
  t.false(await forgetCredentials('a.test', { file: config, env }))
})

test('all else in the file stays, and a link stays a link', async (t) => {
  const content = { HttpHeaders: { x: 'y' }, auths: { 'b.test': { auth: 'x', odd: 1 } }, psFormat: 'table' }
  const { folder, config, env, read } = home(t)
  writeFileSync(join(folder, 'real.json'), JSON.stringify(content))
  symlinkSync(join(folder, 'real.json'), config)
  await keepCredentials(
    { domain: 'docker.io', credentials: { kind: 'identity', token: 'r', username: 'bob' } },
    { file: config, env },
  )
  const hub = { auth: auth('bob:'), identitytoken: 'r' }
  t.deepEqual(read(), { ...content, auths: { ...content.auths, 'https://index.docker.io/v1/': hub } })
  t.true(lstatSync(config).isSymbolicLink())
  await forgetCredentials('docker.io', { file: config, env })
  t.deepEqual(read(), content)
})

for (const [title, content] of [
  ['for all hosts', { credsStore: 'test' }],
  ['for the host', { credHelpers: { 'a.test': 'test' } }],
] as const) {
  test(`a helper ${title} keeps, finds and forgets`, async (t) => {
    const { config, env, find, read, folder } = home(t, content)
    t.is(await find('a.test'), undefined)
    t.is(await keepCredentials({ domain: 'a.test', credentials: bob }, { file: config, env }), 'helper')
    t.deepEqual(read(), { ...content, auths: { 'a.test': {} } })
    t.deepEqual(await find('a.test'), bob)
    t.true(await forgetCredentials('a.test', { file: config, env }))
    t.is(await find('a.test'), undefined)
    t.deepEqual(readFileSync(join(folder, 'bin/asked'), 'utf8').trim().split('\n'), [
      'get',
      'store',
      'get',
      'erase',
      'get',
    ])
  })
}

test('an identity token goes through a helper', async (t) => {
  const { config, env, find } = home(t, { credsStore: 'test' })
  await keepCredentials({ domain: 'docker.io', credentials: { kind: 'identity', token: 'r' } }, { file: config, env })
  t.deepEqual(await find('docker.io'), { kind: 'identity', token: 'r' })
})

for (const [title, script, pattern] of [
  ['is not there', undefined, /it is not there/],
  ['fails', '#!/bin/sh\necho locked >&2\nexit 1\n', /locked/],
  ['says nothing of use', '#!/bin/sh\necho not json with a password\n', /is not JSON/],
  ['never stops talking', '#!/bin/sh\nyes\n', /says too much/],
] as const) {
  test(`a helper that ${title} is told, and the file is looked at`, async (t) => {
    const content = {
      credsStore: script === undefined ? 'missing' : 'test',
      auths: { 'a.test': { auth: auth('bob:se:cret') } },
    }
    const { notices, find } = home(t, content, script)
    t.deepEqual(await find('a.test'), bob)
    t.is(notices.length, 1)
    t.regex(notices[0] ?? '', pattern)
    t.notRegex(notices[0] ?? '', /password/)
  })
}

test('a name of a helper that is a path is none', async (t) => {
  const { notices, find } = home(t, { credsStore: '../../bin/evil' })
  t.is(await find('a.test'), undefined)
  t.regex(notices[0] ?? '', /not the name of a helper/)
})

for (const content of ['{', '[]', '{"auths":[]}', '{"credHelpers":{"a":1}}', '{"credsStore":1}']) {
  test(`a file that is malformed: ${content}`, async (t) => {
    await failsWith(t, 'CREDENTIALS_INVALID', home(t, content).find('a.test'))
  })
}

test('an empty file, and none, have nothing', async (t) => {
  t.is(await home(t, '').find('a.test'), undefined)
  t.is(await home(t).find('a.test'), undefined)
})

test("Docker's file comes before podman's", async (t) => {
  const [one, two] = [
    home(t, { auths: { 'a.test': { auth: auth('one:x') } } }),
    home(t, { auths: { 'a.test': { auth: auth('two:x') }, 'b.test': { auth: auth('two:x') } } }),
  ]
  const source = credentialSource({ files: [one.config, two.config], env: one.env, onNotice: () => undefined })
  const user = async (domain: string): Promise<string | undefined> => {
    const found = await source.find(domain)
    return found !== undefined && 'username' in found ? found.username : undefined
  }
  t.deepEqual([await user('a.test'), await user('b.test')], ['one', 'two'])
})
