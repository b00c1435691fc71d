import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { isIbuildError } from '../base/errors.ts'
import { type DockerEngine, dockerEngine } from './docker-engine.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** A daemon of our own on a socket. */
async function daemon(t: ExecutionContext, handler: Handler, signal?: AbortSignal): Promise<DockerEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const server = createServer((request, response) => void handler(request, response))
  server.listen(join(folder, 'sock'))
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return dockerEngine({ host: `unix://${folder}/sock`, signal })
}

async function* pieces(count: number, log: { sent: number } = { sent: 0 }): AsyncGenerator<Uint8Array> {
  for (; log.sent < count; log.sent++) yield Buffer.alloc(65_536, log.sent)
}

test('an image is asked for by its name, slashes and all', async (t) => {
  const urls: unknown[] = []
  const engine = await daemon(t, ({ method, url }, response) => {
    urls.push(`${method} ${url}`)
    response.end(JSON.stringify({ Id: 'sha256:1', RepoTags: [] }))
  })
  t.is(await engine.imageID('host:5000/team/app:1'), 'sha256:1')
  t.deepEqual(urls, ['GET /images/host%3A5000/team/app%3A1/json'])
})

test('an image that is not there is undefined', async (t) => {
  const engine = await daemon(t, (_, response) => response.writeHead(404).end('{"message":"No such image: x"}'))
  t.is(await engine.imageID('x'), undefined)
})

test('a name is given', async (t) => {
  const urls: unknown[] = []
  const engine = await daemon(t, ({ method, url }, response) => {
    urls.push(`${method} ${url}`)
    response.writeHead(201).end()
  })
  await engine.tag('sha256:1', { repository: 'docker.io/library/app', tag: '1' })
  t.deepEqual(urls, ['POST /images/sha256%3A1/tag?repo=docker.io%2Flibrary%2Fapp&tag=1'])
})

test('an archive arrives whole', async (t) => {
  const bodies: number[] = []
  const engine = await daemon(t, async (request, response) => {
    bodies.push((await buffer(request)).length)
    response.end('{"stream":"Loaded image: app:1\\n"}\r\n')
  })
  await engine.load(pieces(40))
  t.deepEqual(bodies, [40 * 65_536])
})

test('a daemon that answers before it has seen the whole is heard', async (t) => {
  const engine = await daemon(t, async (request, response) => {
    response.writeHead(200).write('{"status":"loading"}\n')
    await buffer(request)
    response.end('{"stream":"done"}\n')
  })
  await t.notThrowsAsync(engine.load(pieces(60)))
})

const refusals: [title: string, handler: Handler, says: RegExp][] = [
  [
    'an error in the stream',
    async (request, response) => {
      await buffer(request)
      response.end('{"stream":"x"}\n{"errorDetail":{"message":"max depth exceeded"},"error":"max depth exceeded"}\n')
    },
    /refuses: max depth exceeded/,
  ],
  [
    'a status with a message',
    (_, response) => response.writeHead(500).end('{"message":"no space"}'),
    /refuses: no space/,
  ],
  ['a status without one', (_, response) => response.writeHead(403).end('go away'), /status 403/],
  ['a redirection', (_, response) => response.writeHead(302, { location: '/' }).end(), /status 302/],
  ['what is no JSON', (_, response) => response.end('<html>'), /something else than JSON/],
  ['JSON that is no object', (_, response) => response.end('[1]'), /must be an object|answer of the Docker daemon/],
  ['an answer without end', (_, response) => flood(response), /too long/],
]

function flood(response: ServerResponse): void {
  const line = Buffer.alloc(1 << 16, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(line));
  }
  response.on('drain', more)
  more()
}

for (const [title, handler, says] of refusals) {
  test(`${title}: DOCKER_FAILED`, async (t) => {
    const engine = await daemon(t, handler)
    const error = await t.throwsAsync(engine.load(pieces(3)))
    t.true(isIbuildError(error, 'DOCKER_FAILED'), String(error))
    t.regex(error?.message ?? '', says)
  })
}

test('a refusal while much is still to be sent stops the sending', async (t) => {
  const log = { sent: 0 }
  const engine = await daemon(t, (_, response) => response.writeHead(400).end('{"message":"no"}'))
  await t.throwsAsync(engine.load(pieces(20_000, log)), { code: 'DOCKER_FAILED', message: /no$/ })
  t.true(log.sent < 2000, `${log.sent} pieces`)
})

test('errors of the archive pass, and nothing is said to be loaded', async (t) => {
  const engine = await daemon(t, async (request, response) => {
    await buffer(request).catch(() => undefined)
    response.end('{}')
  })
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* pieces(2)
    throw new Error('a layer is damaged')
  }
  await t.throwsAsync(engine.load(broken()), { message: 'a layer is damaged' })
})

test('a daemon that hangs up is DOCKER_UNREACHABLE', async (t) => {
  const engine = await daemon(t, ({ socket }) => socket.destroy())
  await t.throwsAsync(engine.load(pieces(3)), { code: 'DOCKER_UNREACHABLE' })
  await t.throwsAsync(engine.imageID('x'), { code: 'DOCKER_UNREACHABLE' })
})

test('a silent daemon can be left', async (t) => {
  const controller = new AbortController()
  const engine = await daemon(t, () => undefined, controller.signal)
  setTimeout(() => controller.abort(new Error('enough')), 30)
  await t.throwsAsync(engine.load(pieces(3)), { message: 'enough' })
})

test('no socket, and nobody behind it: DOCKER_UNREACHABLE with a hint', async (t) => {
  for (const host of ['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:1']) {
    const error = await t.throwsAsync(dockerEngine({ host }).imageID('x'))
    t.true(isIbuildError(error, 'DOCKER_UNREACHABLE'))
    t.true(isIbuildError(error) && /DOCKER_HOST/.test(error.hint ?? ''))
    t.true(error?.message.includes(host))
  }
})
