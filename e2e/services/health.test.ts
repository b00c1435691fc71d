import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace } from '../testing/workspace.ts'

async function ask(t: ExecutionContext, ...words: readonly string[]): Promise<readonly [code: number, text: string]> {
  const space = await makeWorkspace(t)
  const { code, stdout, stderr } = await space.ibuild(['health', ...words])
  return [code, stdout + stderr]
}

async function portOf(t: ExecutionContext, server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

test('a registry is well, with a certificate of its own CA or without TLS', async (t) => {
  for (const tls of ['off', 'auto']) {
    const root = join(temporaryFolder(t), 'root')
    const server = await startServer(['--root', root, '--listen', '127.0.0.1:0', '--tls', tls])
    t.teardown(() => server.stop())
    t.deepEqual(await ask(t, `${server.url}/healthz`), [0, 'ok\n'])
    t.deepEqual(await ask(t, new URL(server.url).host), [0, 'ok\n'], 'with TLS or without, as it answers')
    if (tls === 'auto') t.is((await ask(t, server.url.replace('https:', 'tls:')))[0], 0)
  }
})

test('a server that is not well is told with its own words, without what a terminal would obey', async (t) => {
  const server = createServer((_request, response) => response.writeHead(503).end('the disk is \u001b[31mfull\n'))
  const port = await portOf(t, server)
  const [code, text] = await ask(t, `http://127.0.0.1:${port}/readyz`)
  t.is(code, 1)
  t.regex(text, /^the disk is [^\u001b]*full\n$/)
})

test('a server that is away, that says nothing, or speaks no TLS, is not well', async (t) => {
  const silent = createTcpServer((socket) => socket.on('error', () => undefined))
  const open = await portOf(t, silent)
  const plain = await portOf(t, createServer())
  const gone = createTcpServer()
  gone.listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port: closed } = gone.address() as AddressInfo
  gone.close()
  for (const url of [
    `http://127.0.0.1:${closed}/`,
    `127.0.0.1:${closed}`,
    `http://127.0.0.1:${open}/`,
    `tls://127.0.0.1:${open}`,
  ]) {
    t.is((await ask(t, url, '--timeout', '1'))[0], 1, url)
  }
  t.is((await ask(t, `tls://127.0.0.1:${plain}`))[0], 1)
})

test('what is no address of a server is refused', async (t) => {
  for (const words of [
    ['localhost'],
    ['x y:1'],
    ['localhost:99999'],
    ['ftp://x/'],
    ['https://a:b@x/'],
    ['tls://x'],
    ['http://x/', '--timeout', '0'],
  ]) {
    t.is((await ask(t, ...words))[0], 2, words.join(' '))
  }
})
