import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type Answer, standIn } from '../../shared/net/testing/stand-in.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { taken, testClient } from './testing/client.ts'

const content = randomBytes(600_000)
const descriptor: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(content),
  size: content.length,
}

const startOf = (range: string | undefined): number => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)

/** Sends the rest of the content as a registry should; breaks off after `most` bytes. */
function sendFrom(response: ServerResponse, start: number, most = content.length): void {
  const part = start > 0
  response.writeHead(part ? 206 : 200, {
    'content-length': content.length - start,
    ...(part && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  })
  const end = Math.min(content.length, start + most)
  if (end === content.length) response.end(content.subarray(start))
  else response.write(content.subarray(start, end), () => response.destroy())
}

test('a blob comes, verified', async (t) => {
  const { host, asked } = await standIn(t, (_, response) => sendFrom(response, 0))
  const { bytes, error } = await taken(testClient(t).repository({ domain: host, path: 'a/b' }).blob(descriptor))
  t.deepEqual([error, bytes.equals(content)], [undefined, true])
  t.is(asked.at(-1)?.target, `/v2/a/b/blobs/${descriptor.digest}`)
  t.is(asked.at(-1)?.headers['user-agent'], 'ibuild/test')
})

test('an empty blob comes', async (t) => {
  const { host } = await standIn(t, (_, response) => response.end())
  const empty = { mediaType: 'x/y', digest: digestOf(''), size: 0 }
  t.deepEqual(await taken(testClient(t).repository({ domain: host, path: 'a' }).blob(empty)), {
    bytes: Buffer.alloc(0),
    error: undefined,
  })
})

test('a sha512 blob comes', async (t) => {
  const { host } = await standIn(t, (_, response) => sendFrom(response, 0))
  const other = { ...descriptor, digest: digestOf(content, 'sha512') }
  t.true((await taken(testClient(t).repository({ domain: host, path: 'a' }).blob(other))).bytes.equals(content))
})

test('a connection that breaks, time and again, is resumed where it was', async (t) => {
  const { host, asked } = await standIn(t, (request, response) =>
    request.url === '/v2/' ? response.end() : sendFrom(response, startOf(request.headers.range), 150_000),
  )
  const { bytes, error } = await taken(
    testClient(t, { retries: { most: 4 } })
      .repository({ domain: host, path: 'a' })
      .blob(descriptor),
  )
  t.deepEqual([error, bytes.equals(content)], [undefined, true])
  const ranges = asked.slice(1).map(({ headers }) => startOf(headers.range))
  t.is(ranges.length, 4)
  t.deepEqual(
    ranges,
    ranges.toSorted((a, b) => a - b),
  )
})

test('an answer that breaks off behind its last byte is complete', async (t) => {
  const { host, asked } = await standIn(t, (request, response) => {
    if (request.url === '/v2/') return response.end()
    return response.writeHead(200).write(content, () => setTimeout(() => response.destroy(), 50))
  })
  const { bytes, error } = await taken(testClient(t).repository({ domain: host, path: 'a' }).blob(descriptor))
  t.deepEqual([error, bytes.equals(content), asked.length], [undefined, true, 2])
})

test('a body that stalls is resumed', async (t) => {
  let tries = 0
  const { host } = await standIn(t, (request, response) => {
    if (request.url === '/v2/') return response.end()
    if (tries++ > 0) return sendFrom(response, startOf(request.headers.range))
    response.writeHead(200, { 'content-length': content.length })
    return response.write(content.subarray(0, 1000))
  })
  const { bytes, error } = await taken(testClient(t).repository({ domain: host, path: 'a' }).blob(descriptor))
  t.deepEqual([error, bytes.equals(content), tries], [undefined, true, 2])
})

test('a server that does not know ranges sends all again, and what is there is skipped', async (t) => {
  let tries = 0
  const { host } = await standIn(t, (request, response) =>
    request.url === '/v2/' ? response.end() : sendFrom(response, 0, tries++ === 0 ? 300_000 : undefined),
  )
  const { bytes, error } = await taken(testClient(t).repository({ domain: host, path: 'a' }).blob(descriptor))
  t.deepEqual([error, bytes.equals(content), tries], [undefined, true, 2])
})

/** Each of these is an error, and never is the last piece given. */
const hostile: readonly (readonly [string, Answer, string, RegExp])[] = [
  [
    'other bytes of the same length',
    (_, response) => response.end(randomBytes(content.length)),
    'DIGEST_MISMATCH',
    /sent sha256:/,
  ],
  [
    'a length that is told and wrong',
    (_, response) => response.end(content.subarray(1)),
    'DIGEST_MISMATCH',
    /599999 bytes instead of 600000/,
  ],
  [
    'too few bytes, untold',
    (_, response) => {
      response.write(content.subarray(0, 1000))
      response.end()
    },
    'DIGEST_MISMATCH',
    /sent 1000 bytes instead of 600000/,
  ],
  [
    'too many bytes, untold',
    (_, response) => {
      response.write(content)
      response.end('x')
    },
    'DIGEST_MISMATCH',
    /more than 600000 bytes/,
  ],
  [
    'bytes without end',
    (_, response) => {
      const more = (): void => {
        if (response.destroyed) return
        if (response.write(Buffer.alloc(65_536))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    },
    'DIGEST_MISMATCH',
    /more than 600000 bytes/,
  ],
  ['nothing, always', (_, response) => response.destroy(), 'REGISTRY_FAILED', /closed the connection/],
  [
    'a stall, always',
    (request, response) => {
      const start = startOf(request.headers.range)
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': content.length - start,
        'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      })
      response.write(content.subarray(start, start + 10))
    },
    'REGISTRY_UNREACHABLE',
    /stopped sending/,
  ],
  [
    'another range than was asked for',
    (request, response) => {
      if (request.headers.range === undefined) return sendFrom(response, 0, 1000)
      response.writeHead(206, { 'content-range': `bytes 0-999/${content.length}` })
      return response.end(content.subarray(0, 1000))
    },
    'REGISTRY_ANSWER_INVALID',
    /asked for the bytes from \d+ on/,
  ],
  [
    'a range of a content of another size',
    (request, response) => {
      const start = startOf(request.headers.range)
      if (start === 0) return sendFrom(response, 0, 1000)
      response.writeHead(206, { 'content-range': `bytes ${start}-${content.length - 1}/${content.length + 1}` })
      return response.end(content.subarray(start))
    },
    'REGISTRY_ANSWER_INVALID',
    /asked for the bytes from/,
  ],
  ['errors of its own, always', (_, response) => response.writeHead(500).end('x'), 'REGISTRY_FAILED', /status 500/],
  [
    'not found',
    (_, response) => response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN","message":"no such blob"}]}'),
    'REGISTRY_NOT_FOUND',
    /no such blob/,
  ],
  [
    'an error page without end',
    (_, response) => {
      response.writeHead(400)
      const more = (): void => {
        if (response.destroyed) return
        if (response.write(Buffer.alloc(65_536))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    },
    'REGISTRY_REFUSED',
    /status 400/,
  ],
]

for (const [title, answer, code, pattern] of hostile) {
  test(`hostile: ${title}`, async (t) => {
    const { host } = await standIn(t, (request, response) =>
      request.url === '/v2/' ? response.end() : answer(request, response),
    )
    const client = testClient(t, { retries: { most: 2 } })
    const { bytes, error } = await taken(client.repository({ domain: host, path: 'a' }).blob(descriptor))
    if (!(error instanceof IbuildError)) return t.fail(String(error))
    t.is<string, string>(error.code, code, error.message)
    t.regex(error.message, pattern)
    return t.true(bytes.length < content.length)
  })
}

test('a slow drip is given up', async (t) => {
  const { host } = await standIn(t, (request, response) => {
    if (request.url === '/v2/') return response.end()
    const start = startOf(request.headers.range)
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    })
    let sent = start
    const timer = setInterval(() => response.write(content.subarray(sent, ++sent)), 20)
    return response.on('close', () => clearInterval(timer))
  })
  const client = testClient(t, { retries: { most: 1 }, slowest: { bytes: 10_000, milliseconds: 300 } })
  const { error } = await taken(client.repository({ domain: host, path: 'a' }).blob(descriptor))
  t.regex(String(error), /too slow/)
})

test('a reader that stops, or aborts, leaves no connection behind', async (t) => {
  const closed: string[] = []
  const { host } = await standIn(t, (request, response) => {
    if (request.url === '/v2/') return response.end()
    response.on('close', () => closed.push('one'))
    response.writeHead(200, { 'content-length': content.length })
    return response.write(content.subarray(0, 100_000))
  })
  const repository = testClient(t).repository({ domain: host, path: 'a' })
  for await (const _ of repository.blob(descriptor)) break
  const reason = new Error('enough')
  const controller = new AbortController()
  const { error } = await taken(
    (async function* () {
      for await (const piece of repository.blob(descriptor, { signal: controller.signal })) {
        controller.abort(reason)
        yield piece
      }
    })(),
  )
  t.is(error, reason)
  while (closed.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(closed.length, 2)
})
