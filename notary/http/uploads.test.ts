import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Answered } from '../../shared/web/testing/asking.ts'
import { app } from '../service/testing/service-scene.ts'
import { boundary, formOf, type Served, serve } from './testing/served.ts'

const path = `/v2/${app}/_trust/tuf/`

/** What a stock client prints of an answer; undefined for one of which it prints a number alone. */
function shown({ status, body }: Answered): string | undefined {
  const { errors } = JSON.parse(body.toString())
  return status === 400 && body.length <= 1024 && errors.length === 1 ? errors[0].detail?.Error?.Msg : undefined
}

/** What there is, to be compared. */
async function stateOf({ ask, service }: Served): Promise<unknown> {
  const files = await Promise.all(
    ['root', 'targets', 'snapshot', 'timestamp'].map(async (role) => {
      const { status, body } = await ask('GET', `${path}${role}.json`)
      return [status, body.toString('hex')]
    }),
  )
  return [
    files,
    await service.collections({ limit: 10 }),
    await service.changes({ after: undefined, limit: 10, isReverse: false }),
  ]
}

test('what cannot be read is refused readably, and changes nothing', async (t) => {
  const served = await serve(t)
  const { files } = await (await served.collection()).publish()
  t.is(
    (
      await served.upload(
        app,
        [...files].filter(([role]) => role !== 'timestamp'),
      )
    ).status,
    200,
  )
  const before = await stateOf(served)
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const form = (name: string, content: string): ReturnType<typeof formOf> => formOf([[name, content]])
  const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
  for (const [what, asked, code] of [
    ['garbage', { body: 'garbage', headers: multipart }, 'MALFORMED_UPLOAD'],
    ['an empty body', { body: '', headers: multipart }, 'MALFORMED_UPLOAD'],
    [
      'a body that breaks off',
      { ...form('root', 'x'), body: form('root', 'x').body.subarray(0, -9) },
      'MALFORMED_UPLOAD',
    ],
    ['another type', { body: '{}', headers: { 'Content-Type': 'application/json' } }, 'MALFORMED_UPLOAD'],
    ['no type', { body: '{}' }, 'MALFORMED_UPLOAD'],
    ['a coding', { ...form('root', 'x'), headers: { ...multipart, 'Content-Encoding': 'gzip' } }, 'MALFORMED_UPLOAD'],
    ['no name', form('', '{}'), 'NO_FILENAME'],
    ['a name that leads elsewhere', form('../../etc/passwd', '{}'), 'INVALID_ROLE'],
    ['a role that leads elsewhere', form('targets/../root', '{}'), 'INVALID_ROLE'],
    ['a role in capitals', form('Root', '{}'), 'INVALID_ROLE'],
    [
      'a file twice',
      formOf([
        ['root', '{}'],
        ['root.json', '{}'],
      ]),
      'MALFORMED_UPLOAD',
    ],
    ['no JSON', form('root', 'x'), 'MALFORMED_JSON'],
    ['deep JSON', form('root', deep), undefined],
    ['deep members', form('targets', `{"signed":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`), undefined],
    ['null', form('root', 'null'), undefined],
    ['no UTF-8', formOf([['root', Buffer.from([0x22, 0xff, 0x22])]]), undefined],
  ] as const) {
    const answer = await served.ask('POST', path, asked)
    t.is(answer.status, 400, `${what}: ${answer.body.toString()}`)
    if (code !== undefined) t.deepEqual(answer.codes, [code], what)
    t.true(answer.body.length <= 1024, what)
    if (answer.codes[0] === 'MALFORMED_UPLOAD') t.truthy(shown(answer), `${what}: stock clients print why`)
  }
  t.deepEqual(await stateOf(served), before)
})

test('more than may be uploaded is refused without being read', async (t) => {
  const { dial, ask, finished, service } = await serve(t, { limits: { uploadBytes: 100_000 } })
  const head = (rest: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n${rest}\r\n\r\n`
  const announced = await dial()
  announced.write(head('Content-Length: 104857600'))
  t.regex(String((await announced.iterator({ destroyOnReturn: false }).next()).value), /^HTTP\/1\.1 413 [^]*TOO_LARGE/)
  announced.destroy()
  const unannounced = await ask('POST', path, {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: Array.from({ length: 8 }, () => Buffer.alloc(32_000, 'x')),
  })
  t.deepEqual([unannounced.status, unannounced.codes], [413, ['TOO_LARGE']])
  while (finished.length < 2) await sleep(10)
  t.true(finished.every(({ receivedBytes }) => receivedBytes < 200_000))
  t.deepEqual(await service.collections({ limit: 1 }), [])
})

test('memory for uploads is bounded, and free again after them', async (t) => {
  const { dial, upload, finished, server } = await serve(t, {
    limits: { uploadBytes: 600_000, wholeBodyBytes: 1_000_000 },
  })
  const slow = await dial()
  const type = `Content-Type: multipart/form-data; boundary=${boundary}`
  slow.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 600000\r\n\r\n${'x'.repeat(550_000)}`)
  const large = [['root', 'x'.repeat(500_000)]] as const
  let answer = await upload(app, large)
  // What is on the way of the slow one comes some time.
  for (let i = 0; i < 200 && answer.status !== 429; i++) {
    await sleep(20)
    answer = await upload(app, large)
  }
  t.deepEqual([answer.status, answer.headers['retry-after']], [429, '5'])
  t.is(server.listening, true)
  slow.destroy()
  while (!finished.some(({ isAborted }) => isAborted)) await sleep(10)
  t.is((await upload(app, large)).status, 400, 'there is room again, and it is no root')
})

test('a client that sends its body too slowly is told so and cut off', async (t) => {
  const { say } = await serve(t, { limits: { slowBodyTime: 300, slowBodyBytes: 1000 } })
  const type = `Content-Type: multipart/form-data; boundary=${boundary}`
  const told = await say(`POST ${path} HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 5000\r\n\r\nslow`)
  t.regex(told, /^HTTP\/1\.1 408 [^]*Connection: close/)
})

test('a client that does not finish its headers, or says nothing in HTTP, is answered in JSON', async (t) => {
  const { say } = await serve(t)
  t.regex(await say('nothing\r\n\r\n'), /^HTTP\/1\.1 400 [^]*\{"errors":\[\{"code":"UNSUPPORTED"/)
  t.regex(await say(`GET /v2/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 431 /)
  t.regex(await say(`GET /v2/${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 414 /)
  t.regex(await say('GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 [^]*no Host/)
})

test('two publishers at once: one wins, the other reads why, and can publish afterwards', async (t) => {
  const { upload, collection } = await serve(t)
  const made = await collection({ held: ['timestamp', 'snapshot'] })
  const { files } = await made.publish()
  const sent = [...files].filter(([role]) => role === 'root' || role === 'targets')
  t.is((await upload(app, sent)).status, 200)
  const next = async (tag: string): Promise<[string, Buffer][]> => {
    const { files: newer } = await made.addTarget(tag, tag).publish()
    return [...newer].filter(([role]) => role === 'targets')
  }
  const [one, other] = [await next('a'), await next('b')]
  const late = (await upload(app, other)).status === 200 ? await upload(app, one) : undefined
  t.deepEqual(late?.codes, ['VERSION'])
  t.regex((late && shown(late)) ?? '', /targets/)
  t.is((await upload(app, await next('c'))).status, 200)
})
