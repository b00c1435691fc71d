import { createHash } from 'node:crypto'
import test from 'ava'
import { app, heldKey } from '../service/testing/service-scene.ts'
import { serve } from './testing/served.ts'

const tuf = `/v2/${app}/_trust/tuf`

test('a collection is published and read again, by role, version and hash', async (t) => {
  const { ask, upload, collection } = await serve(t)
  const made = await collection()
  t.is((await ask('GET', `${tuf}/root.json`)).status, 404, 'as stock clients find out that they are first')
  const { files } = await made.publish()
  const sent = [...files].filter(([role]) => role !== 'timestamp')
  const published = await upload(app, sent)
  t.deepEqual([published.status, published.body.length], [200, 0])
  for (const [role, bytes] of sent) {
    const answer = await ask('GET', `${tuf}/${role}.json`)
    t.deepEqual([answer.status, answer.body], [200, bytes], role)
    for (const algorithm of ['sha256', 'sha512']) {
      const hash = createHash(algorithm).update(bytes).digest('hex')
      t.deepEqual((await ask('GET', `${tuf}/${role}.${hash}.json`)).body, bytes)
    }
  }
  t.deepEqual((await ask('GET', `${tuf}/1.root.json`)).body, files.get(sent[0]?.[0] ?? 'root'))
  t.is((await ask('GET', `${tuf}/01.root.json`)).status, 200)
  t.is((await ask('GET', `${tuf}/0.root.json`)).status, 404)
  const timestamp = await ask('GET', `${tuf}/timestamp.json`)
  t.is(JSON.parse(timestamp.body.toString()).signed._type, 'Timestamp')
})

test('files may be kept as long as they are good, and what is known is not sent again', async (t) => {
  const { ask, upload, collection } = await serve(t)
  const { files } = await (await collection()).publish()
  await upload(
    app,
    [...files].filter(([role]) => role !== 'timestamp'),
  )
  const current = await ask('GET', `${tuf}/timestamp.json`)
  t.is(current.headers['cache-control'], 'public, max-age=300, s-maxage=300, must-revalidate')
  t.regex(current.headers['last-modified'] ?? '', /^\w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT$/)
  const byVersion = await ask('GET', `${tuf}/1.root.json`)
  t.regex(byVersion.headers['cache-control'] ?? '', /^public, max-age=2592000, /)
  for (const path of ['root.json', 'timestamp.json']) {
    const { etag = '' } = (await ask('GET', `${tuf}/${path}`)).headers
    const again = await ask('GET', `${tuf}/${path}`, { headers: { 'If-None-Match': etag } })
    t.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, etag])
    t.is((await ask('GET', `${tuf}/${path}`, { headers: { 'If-None-Match': '"x"' } })).status, 200)
  }
  const own = await ask('GET', `${tuf}/root.json`, { headers: { Authorization: 'Bearer x' } })
  t.regex(
    own.headers['cache-control'] ?? '',
    /^private, /,
    'of an answer to credentials nobody keeps anything for others',
  )
})

test('a lifetime of 0 for caches is none', async (t) => {
  const { ask, upload, collection } = await serve(t, { cache: () => ({ current: 0, consistent: 60 }) })
  const { files } = await (await collection()).publish()
  await upload(
    app,
    [...files].filter(([role]) => role !== 'timestamp'),
  )
  for (const name of ['timestamp', 'root'])
    t.regex((await ask('GET', `${tuf}/${name}.json`)).headers['cache-control'] ?? '', /no-store/, name)
})

test('HEAD is GET without the content', async (t) => {
  const { ask, upload, collection } = await serve(t)
  const { files } = await (await collection()).publish()
  await upload(
    app,
    [...files].filter(([role]) => role !== 'timestamp'),
  )
  for (const path of [`${tuf}/root.json`, `${tuf}/timestamp.json`, '/v2/', `${tuf}/snapshot.key`]) {
    const [get, head] = [await ask('GET', path), await ask('HEAD', path)]
    const shown = ({ status, headers }: typeof get): unknown => [status, headers['content-length'], headers.etag]
    t.deepEqual(shown(head), shown(get), path)
    t.is(head.body.length, 0)
    t.true(get.body.length > 0)
  }
  t.is((await ask('HEAD', `${tuf}/nothing.json`)).status, 404)
})

test('keys are the same until one is used, and a rotation gives another', async (t) => {
  const { ask, ...scene } = await serve(t)
  const held = await heldKey(scene, app, 'snapshot')
  const first = await ask('GET', `${tuf}/snapshot.key`)
  t.deepEqual((await ask('GET', `${tuf}/snapshot.key`)).body, first.body)
  const { keytype, keyval } = JSON.parse(first.body.toString())
  t.deepEqual([keytype, keyval.private], [held.key.type, null])
  t.is(keyval.public, held.key.bytes.toString('base64'))
  t.is((await ask('POST', `${tuf}/timestamp.key`)).status, 200)
  t.is((await ask('GET', `${tuf}/targets.key`)).status, 404)
  t.is((await ask('GET', `${tuf}/root.key`)).status, 404)
})

test('a collection is deleted, also one that there is not', async (t) => {
  const { ask, upload, collection } = await serve(t)
  const { files } = await (await collection()).publish()
  await upload(
    app,
    [...files].filter(([role]) => role !== 'timestamp'),
  )
  t.is((await ask('GET', `${tuf}/timestamp.json`)).status, 200)
  const deleted = await ask('DELETE', `${tuf}/`)
  t.deepEqual([deleted.status, deleted.body.length], [200, 0])
  for (const path of ['timestamp.json', 'root.json', '1.root.json'])
    t.is((await ask('GET', `${tuf}/${path}`)).status, 404, path)
  t.is((await ask('DELETE', `/v2/${app}2/_trust/tuf/`)).status, 200)
})

test('the changefeed tells of publishes and deletions, oldest first', async (t) => {
  const { ask, upload, collection } = await serve(t)
  const other = `${app}2`
  for (const gun of [app, other]) {
    const { files } = await (await collection({ gun })).publish()
    t.is(
      (
        await upload(
          gun,
          [...files].filter(([role]) => role !== 'timestamp'),
        )
      ).status,
      200,
    )
  }
  await ask('DELETE', `${tuf}/`)
  const read = async (path: string): Promise<readonly (readonly unknown[])[]> => {
    const { count, records } = JSON.parse((await ask('GET', path)).body.toString())
    t.is(count, records?.length ?? 0)
    return (records ?? []).map((one: Record<string, unknown>) => [
      one['ID'],
      one['GUN'],
      one['Category'],
      one['Version'],
    ])
  }
  const all = '/v2/_trust/changefeed'
  const [first, second, third] = await read(`${all}?records=0`)
  t.deepEqual(first?.slice(1), [app, 'update', 1])
  t.deepEqual(second?.slice(1), [other, 'update', 1])
  t.deepEqual(third?.slice(1), [app, 'deletion', 0])
  t.deepEqual(await read(`${all}?records=1`), [first])
  t.deepEqual(await read(`${all}?records=1&change_id=${String(first?.[0])}`), [second])
  t.deepEqual(await read(`${all}?records=2&change_id=-1`), [second, third])
  t.deepEqual(await read(`${all}?records=-1`), [third])
  t.deepEqual(await read(`${all}?records=-1&change_id=${String(third?.[0])}`), [second])
  t.deepEqual(await read(`/v2/${app}/_trust/changefeed?records=10`), [first, third])
  const nothing = await ask('GET', `${all}?records=10&change_id=${String(third?.[0])}`)
  t.is(nothing.body.toString(), '{"count":0,"records":null}')
  for (const query of ['', '?records=x', '?records=1&change_id=x', '?records=1e3'])
    t.deepEqual((await ask('GET', `${all}${query}`)).codes, ['INVALID_PARAMETERS'], query)
})

test('the changefeed of all collections tells of those alone that who asks may pull, however many others lie between', async (t) => {
  const { ask, upload, collection } = await serve(t, {
    access: {
      authorize: (_request, { kind }) =>
        kind === 'catalog' ? { maySee: (gun) => !gun.endsWith('secret') } : undefined,
      isOpen: () => false,
    },
  })
  for (const gun of [app, `${app}-secret`, `${app}2`]) {
    const { files } = await (await collection({ gun })).publish()
    await upload(
      gun,
      [...files].filter(([role]) => role !== 'timestamp'),
    )
  }
  const read = async (query: string): Promise<readonly string[]> => {
    const { records } = JSON.parse((await ask('GET', `/v2/_trust/changefeed?${query}`)).body.toString())
    return (records ?? []).map(({ GUN }: { GUN: string }) => GUN)
  }
  t.deepEqual(await read('records=0'), [app, `${app}2`])
  t.deepEqual(await read('records=2'), [app, `${app}2`])
  t.deepEqual(await read('records=1&change_id=1'), [`${app}2`])
  t.deepEqual(await read('records=-2'), [app, `${app}2`])
  t.deepEqual(await read('records=-1'), [`${app}2`])
})

test('what means nothing is not found, in words that clients know', async (t) => {
  const { ask } = await serve(t)
  const about = { code: 'METADATA_NOT_FOUND', message: 'You have requested metadata that does not exist.' }
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v1/'],
    ['GET', '/v2/x'],
    ['GET', `${tuf}/timestamp.json`],
    ['GET', `${tuf}/x.json`],
    ['GET', `${tuf}/root`],
    ['GET', `${tuf}/root.abc.json`],
    ['GET', '/v2//_trust/tuf/root.json'],
    ['GET', '/v2/../../etc/passwd/_trust/tuf/root.json'],
    ['GET', '/v2/a/../b/_trust/tuf/root.json'],
    ['GET', '/v2/a%2f..%2fb/_trust/tuf/root.json'],
    ['GET', '/v2/a%zz/_trust/tuf/root.json'],
    ['GET', '/v2/a/_trust/tuf/targets/../root.json'],
    ['PUT', `${tuf}/`],
    ['DELETE', `${tuf}/root.json`],
    ['POST', '/v2/'],
  ] as const) {
    const answer = await ask(method, path)
    t.is(answer.status, 404, `${method} ${path}`)
    t.like(JSON.parse(answer.body.toString()).errors[0], about, path)
  }
  const options = await ask('OPTIONS', `${tuf}/`)
  t.deepEqual([options.status, options.headers.allow], [405, 'POST, DELETE'])
  t.deepEqual([(await ask('PATCH', '/v2/')).status, (await ask('GET', '/v2/')).status], [405, 200])
})

test('what is not a collection cannot be changed', async (t) => {
  const { ask, service } = await serve(t)
  for (const gun of ['A/../b', '..', 'a//b', 'a b'.replace(' ', '%20'), `a/${'b'.repeat(300)}`]) {
    for (const [method, path] of [
      ['POST', ''],
      ['DELETE', ''],
      ['POST', 'timestamp.key'],
      ['GET', 'timestamp.key'],
    ] as const) {
      const answer = await ask(method, `/v2/${gun}/_trust/tuf/${path}`)
      t.deepEqual([answer.status, answer.codes], [400, ['INVALID_GUN']], `${method} ${gun} ${path}`)
      t.true(answer.body.length <= 1024)
    }
  }
  t.deepEqual(await service.collections({ limit: 10 }), [])
})
