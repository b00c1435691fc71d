import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { sendJson, standIn, testAuthority } from '../../../shared/net/testing/stand-in.ts'
import { needs } from '../../testing/needs.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { openTerminal, type Terminal } from '../../testing/terminal.ts'
import { ibuildScript } from '../../testing/workspace.ts'

interface Scene {
  readonly host: string
  readonly config: string
  readonly folder: string
  /** Runs a command with a home of its own. */
  readonly ibuild: (args: readonly string[], input?: string, env?: Record<string, string>) => Promise<RunOutput>
  /** Runs one on a terminal, at which somebody types. */
  readonly atTerminal: (args: readonly string[]) => Terminal
}

/** A registry with a token server that knows bob, whose password is `pass word`. */
async function scene(t: ExecutionContext, { gives }: { readonly gives?: object } = {}): Promise<Scene> {
  const folder = temporaryFolder(t)
  const known = `Basic ${Buffer.from('bob:pass word').toString('base64')}`
  const tokens = await standIn(t, (request, response) =>
    request.headers.authorization === known || request.method === 'POST'
      ? sendJson(response, { token: 'good', ...gives })
      : sendJson(response, { errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] }, 401),
  )
  const { host } = await standIn(t, (request, response) => {
    if (request.headers.authorization === 'Bearer good') return sendJson(response, { tags: ['x'] })
    response.setHeader('www-authenticate', `Bearer realm="http://${tokens.host}/t",service="s"`)
    return sendJson(response, {}, 401)
  })
  const env = {
    HOME: folder,
    DOCKER_CONFIG: undefined,
    XDG_RUNTIME_DIR: undefined,
    REGISTRY_AUTH_FILE: undefined,
    XDG_CONFIG_HOME: undefined,
  }
  const ibuild: Scene['ibuild'] = (args, input = '', more = {}) =>
    run(process.execPath, [ibuildScript, ...args], { input, env: { ...env, ...more } })
  const atTerminal: Scene['atTerminal'] = (args) => openTerminal(t, [process.execPath, ibuildScript, ...args], { env })
  return { host, folder, config: join(folder, '.docker/config.json'), ibuild, atTerminal }
}

const login = (host: string): string[] => ['login', '-u', 'bob', '--password-stdin', host]

test('a login is checked, kept unencrypted with a word about it, used, and forgotten', async (t) => {
  const { host, config, ibuild } = await scene(t)
  const done = await ibuild(login(host), 'pass word\n')
  t.deepEqual([done.code, done.stdout], [0, 'Login Succeeded\n'])
  t.regex(done.stderr, /kept unencrypted in .*config\.json/)
  t.deepEqual(JSON.parse(readFileSync(config, 'utf8')), {
    auths: { [host]: { auth: Buffer.from('bob:pass word').toString('base64') } },
  })
  t.deepEqual((await ibuild(['login', host])).stdout, 'Login Succeeded\n')
  t.is((await ibuild(['logout', host])).stdout, `Removed the login for ${host}\n`)
  t.is((await ibuild(['logout', host])).stdout, `There is no login for ${host}\n`)
  t.deepEqual(JSON.parse(readFileSync(config, 'utf8')), { auths: {} })
})

test('a wrong password is told, not kept, and shown nowhere', async (t) => {
  const { host, config, ibuild } = await scene(t)
  const { code, stdout, stderr } = await ibuild(login(host), 'hunter2')
  t.deepEqual([code, stdout, existsSync(config)], [1, '', false])
  t.regex(stderr, /incorrect username or password.*\[REGISTRY_DENIED\]/)
  t.false(stderr.includes('hunter2'))
})

test('a token that the registry gives in place of the password is what is kept', async (t) => {
  const { host, config, ibuild } = await scene(t, { gives: { refresh_token: 'refresh' } })
  t.is((await ibuild(login(host), 'pass word')).code, 0)
  const text = readFileSync(config, 'utf8')
  t.deepEqual(JSON.parse(text), {
    auths: { [host]: { auth: Buffer.from('bob:').toString('base64'), identitytoken: 'refresh' } },
  })
  t.is((await ibuild(['login', host])).code, 0)
})

test('a credential helper keeps the login where the file says so', async (t) => {
  const { host, folder, config, ibuild } = await scene(t)
  mkdirSync(join(folder, '.docker'))
  writeFileSync(config, JSON.stringify({ credHelpers: { [host]: 'test' } }))
  const program = join(folder, 'docker-credential-test')
  writeFileSync(program, `#!/bin/sh\nif [ "$1" = store ]; then cat > ${folder}/stored; else cat ${folder}/stored; fi\n`)
  chmodSync(program, 0o755)
  const env = { PATH: `${folder}:${process.env['PATH']}` }
  const { code, stderr } = await ibuild(login(host), 'pass word', env)
  t.deepEqual([code, stderr], [0, ''])
  t.deepEqual(JSON.parse(readFileSync(join(folder, 'stored'), 'utf8')), {
    ServerURL: host,
    Username: 'bob',
    Secret: 'pass word',
  })
  t.false(readFileSync(config, 'utf8').includes('auth"'))
  t.is((await ibuild(['login', host], '', env)).code, 0)
})

/** What a terminal shows of keys: each of them, or a star. */
const secretsIn = (shown: string): RegExpMatchArray | null => shown.match(/pass|word|x\x08|\*/)

needs(test, 'script')(
  'on a terminal the user name is asked for and seen, the password is asked for and not',
  async (t) => {
    const { host, config, atTerminal } = await scene(t)
    const terminal = atTerminal(['login', host])
    await terminal.sees(/Username: /)
    terminal.type('bob\r')
    await terminal.sees(/bob[^]*Password: $/)
    terminal.type('pass worx')
    terminal.type('\x7fd\r')
    t.is(await terminal.ended(), 0, terminal.shown())
    const [, afterwards = ''] = terminal.shown().split('Password: ')
    t.regex(afterwards, /^\r\n[^]*Login Succeeded\r\n$/)
    t.is(secretsIn(afterwards.replaceAll(/kept unencrypted in .*/g, '')), null)
    t.true(readFileSync(config, 'utf8').includes(Buffer.from('bob:pass word').toString('base64')))
  },
)

needs(test, 'script')('on a terminal a password alone is asked for, and Ctrl-C leaves all as it was', async (t) => {
  const { host, config, atTerminal } = await scene(t)
  const terminal = atTerminal(['login', '-u', 'bob', host])
  await terminal.sees(/Password: $/)
  t.false(terminal.shown().includes('Username'))
  terminal.type('pass wo\x03')
  t.is(await terminal.ended(), 1)
  t.regex(terminal.shown(), /nothing was answered/)
  t.is(secretsIn(terminal.shown().replace('Password: ', '')), null)
  t.false(existsSync(config))
})

for (const [title, args, input, code, pattern] of [
  ['no terminal to ask on', ['login', 'HOST'], '', 2, /no terminal/],
  ['a password without user', ['login', '--password-stdin', 'HOST'], 'x', 2, /needs a user name/],
  ['two passwords', ['login', '-u', 'a', '-p', 'b', '--password-stdin', 'HOST'], 'x', 2, /two ways of one thing/],
  ['an empty password', ['login', '-u', 'a', '--password-stdin', 'HOST'], '\n', 2, /password is empty/],
  ['a user name with a colon', ['login', '-u', 'a:b', '--password-stdin', 'HOST'], 'x', 2, /has no colon/],
  ['no host', ['login', '-u', 'a', '--password-stdin', 'team/app'], 'x', 2, /not the host of a registry/],
  ['two hosts', ['login', 'a.test', 'b.test'], '', 2, /too many arguments/],
  [
    'nobody there',
    ['login', '-u', 'a', '--password-stdin', '127.0.0.1:1'],
    'x',
    1,
    /nobody listens there.*REGISTRY_UNREACHABLE/,
  ],
  [
    'a word that is none of true and false',
    ['login', '--tls-verify=maybe', '-u', 'a', '--password-stdin', 'HOST'],
    'x',
    2,
    /true or false/,
  ],
  ['logout of two', ['logout', 'a.test', 'b.test'], '', 2, /too many arguments/],
] as const) {
  test(`told: ${title}`, async (t) => {
    const { host, config, ibuild } = await scene(t)
    const output = await ibuild(
      args.map((word) => (word === 'HOST' ? host : word)),
      input,
    )
    t.is(output.code, code, output.stderr)
    t.regex(output.stderr, pattern)
    t.false(existsSync(config))
  })
}

test('settings are read where they are named, and told with their place when they are wrong', async (t) => {
  const { host, folder, ibuild } = await scene(t)
  const file = join(folder, 'registries.yaml')
  writeFileSync(file, `registries:\n  "${host}":\n    insecur: true\n`)
  const wrong = await ibuild(login(host), 'pass word', { IBUILD_REGISTRIES: file })
  t.deepEqual([wrong.code, wrong.stderr.includes(`registries.${host}.insecur: is not known`)], [1, true])
  const absent = await ibuild(login(host), 'pass word', { IBUILD_REGISTRIES: join(folder, 'absent') })
  t.regex(absent.stderr, /which is not there/)
  writeFileSync(file, 'a: [')
  t.regex((await ibuild(login(host), 'pass word', { IBUILD_REGISTRIES: file })).stderr, /REGISTRIES_INVALID/)
})

test('a registry with a CA of its own: told what to do, trusted by the file, or taken as it is', async (t) => {
  const authority = testAuthority()
  const { folder, ibuild } = await scene(t)
  const { host } = await standIn(t, (_, response) => response.end(), { tls: authority.issue('127.0.0.1') })
  const settings = join(folder, '.config/ibuild/registries.yaml')
  mkdirSync(join(settings, '..'), { recursive: true })
  writeFileSync(settings, `registries:\n  "${host}": { insecure: false }\n`)
  const refused = await ibuild(login(host), 'x')
  t.is(refused.code, 1)
  t.regex(refused.stderr, new RegExp(`certs\\.d/${host}/ca\\.crt`))
  t.is((await ibuild([...login(host), '--tls-verify=false'], 'x')).code, 0)
  mkdirSync(join(folder, '.docker/certs.d', host), { recursive: true })
  writeFileSync(join(folder, '.docker/certs.d', host, 'ca.crt'), authority.ca)
  t.is((await ibuild(login(host), 'x')).code, 0)
})
