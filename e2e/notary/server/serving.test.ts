import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { run } from '../../testing/run.ts'
import { type Server, type ServerOptions, startServer, until } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'

/** The usual helper says that no notary is wanted. */
const asUsers: ServerOptions = { ibuild: [process.execPath, ibuildScript, 'serve'], command: [] }

const anyPort = ['--listen', '127.0.0.1:0']

async function serving(t: ExecutionContext, args: readonly string[], options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(args, options)
  t.teardown(async () => void (await server.stop()))
  return server
}

/** Where the notary of a server is, of which it tells on stdout. */
function notaryOf({ stdout }: Server): string | undefined {
  return /^ibuild serves trusted collections at (\S+)$/m.exec(stdout())?.[1]
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly json: Readonly<Record<string, unknown>>
}

async function ask(root: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const sent = request(url, { ca: readFileSync(join(root, 'notary/tls/ca.crt')), servername: 'localhost', headers })
  sent.end()
  const answered: Promise<IncomingMessage[]> = once(sent, 'response')
  const [response] = await answered
  if (response === undefined) throw new Error('no response')
  const json = JSON.parse(Buffer.concat(await response.toArray()).toString())
  return { status: response.statusCode ?? 0, headers: response.headers, json }
}

test('a notary is served beside the registry, with its accounts, tokens and names', async (t) => {
  const root = temporaryFolder(t)
  const add = [ibuildScript, 'registry', 'user', 'add', 'ann', '--root', root, '--password-stdin']
  t.is((await run(process.execPath, add, { input: 'correct horse' })).code, 0)
  const server = await serving(t, ['--root', root, ...anyPort, '--notary-listen', 'localhost:0'])
  const notary = (notaryOf(server) ?? '').replace('127.0.0.1', 'localhost')
  const host = `localhost:${new URL(server.url).port}`
  const unknown = await ask(root, `${notary}/v2/`)
  t.is(unknown.status, 401)
  t.is(unknown.headers['www-authenticate'], `Bearer realm="${notary}/token",service="ibuild-registry"`)
  const basic = `Basic ${Buffer.from('ann:correct horse').toString('base64')}`
  const scope = encodeURIComponent(`repository:${host}/team/app:push,pull`)
  const { json } = await ask(root, `${notary}/token?service=ibuild-registry&scope=${scope}`, { Authorization: basic })
  const bearer = { Authorization: `Bearer ${String(json['token'])}` }
  const key = (gun: string): Promise<Answer> => ask(root, `${notary}/v2/${gun}/_trust/tuf/timestamp.key`, bearer)
  t.is((await key(`${host}/team/app`)).status, 200)
  t.is((await key(`${host}/team/other`)).status, 401, 'a token is for what it was asked for')
  t.is((await ask(root, `${notary}/v2/${host}/team/app/_trust/tuf/root.json`)).status, 401)
  t.is((await ask(root, `${notary}/v2/${host}/team/app/_trust/tuf/root.json`, bearer)).status, 404)
})

test('a port that is taken ends the start only where somebody said it', async (t) => {
  const root = temporaryFolder(t)
  const other = createServer()
  t.teardown(() => other.close())
  other.listen(4443, '127.0.0.1')
  await once(other, 'listening').catch(() => undefined) // taken either way
  const config = join(root, 'r.yml')
  writeFileSync(config, 'notary: { listen: 127.0.0.1:4443 }\n')
  const said = await run(process.execPath, [ibuildScript, 'serve', '--root', root, ...anyPort, '--config', config])
  t.is(said.code, 1)
  t.regex(said.stderr, /cannot listen on 127\.0\.0\.1:4443: another program listens there/)
  const silent = await serving(t, ['--root', root, ...anyPort], asUsers)
  t.is(notaryOf(silent), undefined)
  t.regex(silent.stderr(), /no notary is served: say with --notary-listen where, or off/)
  t.is((await fetch(`${silent.url}/v2/`)).status, 200)
})

test('what cannot be served is refused at the start', async (t) => {
  const root = temporaryFolder(t)
  const refused = async (text: string, ...args: string[]): Promise<string> => {
    writeFileSync(join(root, 'c.yml'), text)
    const words = [ibuildScript, ...args, '--root', root, '--config', join(root, 'c.yml'), '--listen', '127.0.0.1:0']
    const { code, stderr } = await run(process.execPath, words)
    t.not(code, 0, text)
    return stderr
  }
  t.regex(await refused('notary: { lsten: x }', 'serve'), /notary\.lsten: there is no such key; did you mean listen\?/)
  t.regex(await refused('lsten: x', 'notary', 'serve'), /c\.yml: lsten: there is no such key/)
  t.regex(await refused('notary: { listen: "0.0.0.0:0" }', 'serve'), /no accounts/)
  const withoutTokens = 'access: { rules: [{ repositories: "**", who: anonymous, actions: pull }] }'
  t.regex(await refused(withoutTokens, 'notary', 'serve'), /clients of a notary log in with tokens alone/)
})

test('SIGHUP reads the configuration of a notary that runs alone again', async (t) => {
  const root = temporaryFolder(t)
  const file = join(root, 'n.yml')
  writeFileSync(file, 'headers: { X-A: one }\n')
  const server = await serving(t, ['--root', root, '--config', file, ...anyPort], { command: ['notary', 'serve'] })
  const header = async (): Promise<unknown> => (await ask(root, `${server.url}/v2/`)).headers['x-a']
  t.is(await header(), 'one')
  writeFileSync(file, 'headers: { X-A: two }\nlisten: "127.0.0.1:1"\n')
  server.kill('SIGHUP')
  await until(() => /the configuration was read again/.exec(server.stderr()), 10_000, server.stderr)
  t.is(await header(), 'two')
  t.is(await server.stop(), 0)
})
