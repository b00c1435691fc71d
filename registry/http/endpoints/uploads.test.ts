import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { named, pushBlob } from '../../service/testing/images.ts'
import { serve } from '../testing/served.ts'

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
const digest = digestOf(content)
const uploads = '/v2/team/app/blobs/uploads/'
const blob = `/v2/team/app/blobs/${digest}`

test('a started upload tells where it goes on', async (t) => {
  const { ask } = await serve(t)
  for (const path of [uploads, uploads.slice(0, -1), `${uploads}?digest-algorithm=sha512`]) {
    const { status, headers, body } = await ask('POST', path)
    t.deepEqual([status, body.length, headers['content-length'], headers['content-type']], [202, 0, '0', undefined])
    t.like(headers, { range: '0-0', 'x-upload-offset': '0', 'docker-distribution-api-version': 'registry/2.0' })
    t.is(headers.location, `${uploads}${String(headers['docker-upload-uuid'])}`)
    t.regex(String(headers['docker-upload-uuid']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  }
})

for (const [title, body] of [
  ['with its length', content],
  ['without a length', [content.subarray(0, 1000), content.subarray(1000)]],
] as const) {
  test(`all in one POST, ${title}`, async (t) => {
    const { ask, service, finished } = await serve(t)
    const { status, headers } = await ask('POST', `${uploads}?digest=${digest}`, { body })
    t.is(status, 201)
    t.like(headers, { location: blob, 'docker-content-digest': digest, 'content-length': '0' })
    t.true((await ask('GET', blob)).body.equals(content))
    t.is(finished[0]?.receivedBytes, content.length)
    t.is((await service.uploads.list()).length, 0)
  })

  test(`POST, then all in one PUT, ${title}`, async (t) => {
    const { ask } = await serve(t)
    const location = String((await ask('POST', uploads)).headers.location)
    const { status, headers } = await ask('PUT', `${location}?digest=${digest}`, { body })
    t.is(status, 201)
    t.like(headers, { location: blob, 'docker-content-digest': digest, 'content-length': '0' })
    t.true((await ask('GET', blob)).body.equals(content))
    t.is((await ask('GET', location)).status, 404)
  })
}

test('in chunks, of which one out of order is refused with where to go on', async (t) => {
  const { ask } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const chunk = (start: number, end: number, method = 'PATCH', query = ''): ReturnType<typeof ask> =>
    ask(method, location + query, {
      body: content.subarray(start, end),
      headers: { 'Content-Range': `${start}-${end - 1}` },
    })
  const first = await chunk(0, 1000)
  t.deepEqual([first.status, first.headers.location, first.headers.range], [202, location, '0-999'])
  for (const refused of [
    await chunk(2000, 3000),
    await chunk(0, 1000),
    await chunk(2000, 300_000, 'PUT', `?digest=${digest}`),
    await ask('PATCH', location, { body: 'x', headers: { 'Content-Range': 'bytes' } }),
    await ask('PATCH', location, { body: 'xyz', headers: { 'Content-Range': '1000-1001' } }),
    await ask('PATCH', location, { body: [Buffer.from('xyz')], headers: { 'Content-Range': '2000-2002' } }),
  ]) {
    t.deepEqual([refused.status, refused.codes], [416, ['RANGE_INVALID']])
    t.like(refused.headers, { location, range: '0-999', 'x-upload-offset': '1000' })
  }
  for (const method of ['GET', 'HEAD']) {
    const state = await ask(method, location)
    t.deepEqual([state.status, state.headers.location, state.headers.range], [204, location, '0-999'])
    t.is(state.headers['content-length'], undefined)
  }
  t.is((await chunk(1000, 2000)).status, 202)
  t.is((await chunk(2000, 300_000, 'PUT', `?digest=${digest}`)).status, 201)
  t.true((await ask('GET', blob)).body.equals(content))
})

test('a chunk of unknown length that is longer than its range is refused, and the upload goes on', async (t) => {
  const { ask } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const refused = await ask('PATCH', location, {
    body: [content.subarray(0, 10), content.subarray(10, 5000)],
    headers: { 'Content-Range': '0-9' },
  })
  t.deepEqual([refused.status, refused.codes], [416, ['RANGE_INVALID']])
  const offset = Number(refused.headers['x-upload-offset'])
  t.true(offset <= 10)
  const rest = await ask('PUT', `${location}?digest=${digest}`, { body: content.subarray(offset) })
  t.is(rest.status, 201)
})

test('a PATCH without a body changes nothing', async (t) => {
  const { ask } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const { status, headers } = await ask('PATCH', location)
  t.deepEqual([status, headers.range], [202, '0-0'])
})

test('sha512 end to end, with a hint and without', async (t) => {
  const { ask } = await serve(t)
  const sha512 = digestOf(content, 'sha512')
  for (const query of ['', '?digest-algorithm=sha512']) {
    const location = String((await ask('POST', `${uploads}${query}`)).headers.location)
    await ask('PATCH', location, { body: content })
    const put = await ask('PUT', `${location}?digest=${sha512}`)
    t.deepEqual([put.status, put.headers['docker-content-digest']], [201, sha512])
    t.is((await ask('HEAD', `/v2/team/app/blobs/${sha512}`)).headers['docker-content-digest'], sha512)
  }
  t.is((await ask('POST', `${uploads}?digest=${sha512}`, { body: content })).status, 201)
})

test('an empty blob', async (t) => {
  const { ask } = await serve(t)
  const empty = digestOf('')
  t.is((await ask('POST', `${uploads}?digest=${empty}`)).status, 201)
  const location = String((await ask('POST', uploads)).headers.location)
  t.is((await ask('PUT', `${location}?digest=${empty}`)).status, 201)
  t.is((await ask('GET', `/v2/team/app/blobs/${empty}`)).headers['content-length'], '0')
})

test('bad digests', async (t) => {
  const { ask, service } = await serve(t)
  for (const query of ['', '?digest=', '?digest=sha256:x', '?digest=md5:d41d8cd98f00b204e9800998ecf8427e']) {
    const location = String((await ask('POST', uploads)).headers.location)
    const put = await ask('PUT', location + query, { body: content })
    t.deepEqual([put.status, put.codes], [400, ['DIGEST_INVALID']])
    if (query.length > 8) t.is((await ask('POST', uploads + query, { body: content })).status, 400)
    t.is((await ask('DELETE', location)).status, 204)
  }
  const location = String((await ask('POST', uploads)).headers.location)
  t.regex((await ask('PUT', location)).message, /ended with its digest/)
  t.deepEqual((await ask('PUT', `${location}?digest=${digestOf('x')}`, { body: content })).codes, ['DIGEST_INVALID'])
  t.is((await ask('GET', location)).status, 404)
  t.deepEqual((await ask('POST', `${uploads}?digest=${digestOf('x')}`, { body: content })).codes, ['DIGEST_INVALID'])
  t.deepEqual((await ask('POST', `${uploads}?digest-algorithm=md5`)).codes, ['DIGEST_INVALID'])
  t.is((await service.uploads.list()).length, 0)
})

test('mounts, and what cannot be mounted is uploaded', async (t) => {
  const { ask, service } = await serve(t)
  await pushBlob(service, named('source'), content)
  for (const [query, status] of [
    [`mount=${digest}&from=source`, 201],
    [`mount=${digest}`, 201],
    [`mount=${digest}&from=`, 201],
    [`mount=${digest}&from=other`, 202],
    [`mount=${digest}&from=UPPER`, 202],
    [`mount=${digestOf('x')}&from=source`, 202],
    [`mount=${digestOf('x')}`, 202],
    ['mount=x&from=source', 202],
  ] as const) {
    const { status: found, headers } = await ask('POST', `${uploads}?${query}`)
    t.is(found, status, query)
    if (status === 201) {
      t.like(headers, { location: blob, 'docker-content-digest': digest, 'content-length': '0' })
      t.is((await ask('GET', blob)).status, 200)
      t.is((await ask('DELETE', blob)).status, 202)
    } else t.regex(String(headers.location), /\/blobs\/uploads\/[0-9a-f-]{36}$/)
  }
})

test('DELETE ends an upload; unknown ones and those of another repository are not found', async (t) => {
  const { ask } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const other = location.replace('team/app', 'team/other')
  for (const method of ['GET', 'PATCH', 'DELETE', 'HEAD']) t.is((await ask(method, other)).status, 404)
  const ended = await ask('DELETE', location)
  t.deepEqual([ended.status, ended.body.length], [204, 0])
  for (const path of [location, `${uploads}x`, `${uploads}..%2fx`]) {
    t.deepEqual((await ask('GET', path)).codes, ['BLOB_UPLOAD_UNKNOWN'])
    t.deepEqual((await ask('PATCH', path, { body: content })).codes, ['BLOB_UPLOAD_UNKNOWN'])
    t.deepEqual((await ask('PUT', `${path}?digest=${digest}`, { body: content })).codes, ['BLOB_UPLOAD_UNKNOWN'])
    t.deepEqual((await ask('DELETE', path)).codes, ['BLOB_UPLOAD_UNKNOWN'])
  }
})

test('a broken connection leaves what came, and the upload goes on there', async (t) => {
  const { ask, dial, finished } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const socket = await dial()
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: ${content.length}\r\n\r\n`)
  socket.write(content.subarray(0, 100_000))
  await sleep(150)
  socket.destroy()
  await once(socket, 'close')
  while (finished.length < 2) await sleep(10)
  t.like(finished[1], { status: undefined, isAborted: true, receivedBytes: 100_000, route: 'upload' })
  const { headers } = await ask('GET', location)
  t.is(headers['x-upload-offset'], '100000')
  t.is((await ask('PUT', `${location}?digest=${digest}`, { body: content.subarray(100_000) })).status, 201)
})

test('a second writer is told that there is one', async (t) => {
  const { ask, dial } = await serve(t)
  const location = String((await ask('POST', uploads)).headers.location)
  const socket = await dial()
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc`)
  await sleep(100)
  const second = await ask('PATCH', location, { body: 'xyz' })
  t.deepEqual([second.status, second.codes], [409, ['BLOB_UPLOAD_INVALID']])
  socket.write('defghij')
  const [answer] = await once(socket, 'data')
  t.regex(String(answer), /^HTTP\/1\.1 202 [^]*Range: 0-9\r\n/)
})
