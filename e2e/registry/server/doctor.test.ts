import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createAuthority, createServerCertificate } from '../../../shared/net/certificates.ts'
import { needs } from '../../testing/needs.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { startServe } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'

interface Result {
  readonly code: number
  readonly checks: Readonly<Record<string, string>>
  readonly text: string
}

const args = (root: string): string[] => [ibuildScript, 'registry', 'doctor', '--root', root]

async function doctor(root: string, ...more: string[]): Promise<Result> {
  return resultOf(await run(process.execPath, [...args(root), '--json', ...more]))
}

function resultOf({ code, stdout, stderr }: RunOutput): Result {
  if (stdout === '') return { code, checks: {}, text: stderr }
  const checks = JSON.parse(stdout) as { name: string; status: string }[]
  return { code, checks: Object.fromEntries(checks.map(({ name, status }) => [name, status])), text: stdout }
}

test('a server in order: pushed to, pulled from, and left as it was', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  await using server = await startServe(root)
  const { code, checks, text } = await doctor(root, '--config', configFile(t, `listen: ${server.host}`))
  t.is(code, 0, text)
  t.like(checks, {
    address: 'ok',
    registry: 'ok',
    'request body': 'ok',
    buffering: 'ok',
    push: 'ok',
    pull: 'ok',
    removal: 'ok',
  })
  t.deepEqual(await (await fetch(`http://${server.host}/v2/_catalog`)).json(), { repositories: [] })
  const fsck = await run(process.execPath, [ibuildScript, 'registry', 'fsck', '--root', root])
  t.is(fsck.code, 0, fsck.stdout)
  const plain = await run(process.execPath, args(root))
  t.regex(plain.stdout, /^ok {3}configuration: can be used\n/)
})

function configFile(t: ExecutionContext, text: string): string {
  const file = join(temporaryFolder(t), 'registry.yml')
  writeFileSync(file, text)
  return file
}

test('a broken configuration, one that opens too much, and a certificate whose time is over', async (t) => {
  const root = temporaryFolder(t)
  const broken = await doctor(root, '--config', configFile(t, 'listne: x\nlimits: {pageSize: many}'))
  t.is(broken.code, 1)
  t.is(broken.checks['configuration'], 'fail')
  t.regex(broken.text, /did you mean listen/)
  t.is(broken.checks['folder: write'], 'ok', 'the rest is looked at all the same')
  const open = await doctor(root, '--config', configFile(t, 'listen: 0.0.0.0:0'))
  t.like(open, { code: 1, checks: { ...open.checks, configuration: 'fail', TLS: 'warn' } })
  const [from, until] = [new Date(Date.now() - 9e9), new Date(Date.now() - 1e9)]
  const authority = createAuthority({ commonName: 'CA', from, until })
  const pair = createServerCertificate(authority, { commonName: 'r.test', names: ['r.test'], from, until })
  const files = { certificate: join(root, 'crt'), key: join(root, 'key') }
  writeFileSync(files.certificate, pair.certificate)
  writeFileSync(files.key, pair.key)
  const over = await doctor(
    root,
    '--config',
    configFile(t, JSON.stringify({ listen: '127.0.0.1:0', tls: { mode: 'files', ...files } })),
  )
  t.is(over.code, 1)
  t.like(over.checks, {
    configuration: 'ok',
    'TLS: certificate and key': 'ok',
    'TLS: time': 'fail',
    'TLS: key file': 'warn',
  })
})

test('nobody answers, or what answers is no registry; words that make no sense', async (t) => {
  const root = temporaryFolder(t)
  t.like((await doctor(root, '--url', 'http://127.0.0.1:1')).checks, { registry: 'fail' })
  const web = await proxy(t, (_request, response) => response.writeHead(404).end())
  const none = await doctor(root, '--url', web)
  t.is(none.code, 1)
  t.regex(none.text, /no registry/)
  for (const words of [['--url', 'http://a/b'], ['--url', 'x y'], ['--repository', 'A'], ['more']])
    t.is((await doctor(root, ...words)).code, 2)
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function proxy(t: ExecutionContext, handler: Handler): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

/** Passes a request on, its body given. */
function pass(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  to: string,
): ReturnType<typeof request> {
  const sent = request(`http://${to}${url}`, { method, headers: { ...headers, host: to } }, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.pipe(response)
  })
  sent.on('error', () => response.destroy())
  return sent
}

test('a proxy that holds bodies back, one that limits them, and a registry where nothing can be deleted', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  await using server = await startServe(root, { env: { IBUILD_REGISTRY_DELETE_ENABLED: 'false' } })
  const buffering = await proxy(t, (incoming, response) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('end', () => pass(incoming, response, server.host).end(Buffer.concat(pieces)))
  })
  const held = await doctor(root, '--url', buffering)
  t.is(held.code, 0, held.text)
  t.like(held.checks, { 'request body': 'ok', buffering: 'warn', pull: 'ok', removal: 'warn' })
  const limiting = await proxy(t, (incoming, response) => {
    const sent = pass(incoming, response, server.host)
    let size = 0
    incoming.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > 2 ** 20 && !response.headersSent) {
        response.writeHead(413, { connection: 'close' }).end()
        sent.destroy()
      } else sent.write(piece)
    })
    incoming.on('end', () => sent.end())
  })
  const refused = await doctor(root, '--url', limiting)
  t.is(refused.code, 1)
  t.is(refused.checks['request body'], 'fail')
  t.regex(refused.text, /client_max_body_size/)
})

test('a registry that wants a login, at another address than that of the configuration', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const words = [ibuildScript, 'registry', 'user', 'add', 'ann', '--password-stdin', '--root', root]
  t.is((await run(process.execPath, words, { input: 'p' })).code, 0)
  await using _server = await startServe(root)
  const { code, checks, text } = await doctor(root)
  t.is(code, 1)
  t.like(checks, { address: 'warn', registry: 'ok', login: 'fail' })
  t.is(checks['request body'], undefined)
  t.regex(text, /log in to do this.*ibuild login/s)
})

test('a registry that is read-only', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  await using _server = await startServe(root, { args: ['--read-only'] })
  const { code, checks, text } = await doctor(root)
  t.is(code, 1)
  t.like(checks, { login: 'ok', 'request body': 'fail' })
  t.regex(text, /read-only/)
})

/** Runs the doctor with a disk of 8 MiB at `$1/disk`, in a mount namespace of its own. */
async function onDisk(t: ExecutionContext, prepare: string): Promise<Result> {
  const folder = temporaryFolder(t)
  const script = `mkdir "$1/disk" && mount -t tmpfs -o size=8m none "$1/disk" && ${prepare} && exec "$2" "$3" registry doctor --json --root "$1/disk"`
  const env = { IBUILD_REGISTRY_LISTEN: '127.0.0.1:0' }
  return resultOf(
    await run('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, ibuildScript], { env }),
  )
}

needs(
  test,
  'root',
  'unshare',
  'mount',
)('a disk in memory, one that is full, and one that is mounted read-only', async (t) => {
  const memory = await onDisk(t, 'true')
  t.like(memory, { code: 0, checks: { ...memory.checks, filesystem: 'warn', space: 'ok' } })
  const full = await onDisk(t, 'head -c 8200000 /dev/zero > "$1/disk/x"')
  t.is(full.code, 1)
  t.is(full.checks['space'], 'fail')
  const readOnly = await onDisk(t, 'mount -o remount,ro none "$1/disk"')
  t.is(readOnly.code, 1)
  t.is(readOnly.checks['folder: write'], 'fail')
  t.regex(readOnly.text, /mounted read-only/)
})
