import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { comparable } from '../testing/comparable.ts'
import { sharedServers } from '../testing/shared-servers.ts'
import { type Answer, get, type Request, type TrustServer } from '../testing/trust-server.ts'
import { collectionFor, upload } from '../testing/upload.ts'

const servers = sharedServers(test)
const both = needs(test, ...servers.flatMap(({ needed }) => needed))
const gun = 'localhost:5000/team/app'
const tuf = `/v2/${gun}/_trust/tuf`

/** Requests that both servers answer with the same status, code, message and detail. */
const requests: readonly (readonly [path: string, request?: Request])[] = [
  ['/v2/'],
  ['/_notary_server/health'],
  ['/nothing'],
  ['/v2/x/y'],
  [`${tuf}/root.json`],
  [`${tuf}/1.root.json`],
  [`${tuf}/2.root.json`],
  [`${tuf}/0.root.json`],
  [`${tuf}/1.targets.json`],
  [`${tuf}/targets.json`],
  [`${tuf}/snapshot.json`],
  [`${tuf}/timestamp.json`],
  [`${tuf}/targets/nobody.json`],
  [`${tuf}/targets.${'0'.repeat(64)}.json`],
  [`${tuf}/root.${'0'.repeat(64)}.json`],
  [`${tuf}/timestamp.key`],
  [`${tuf}/snapshot.key`],
  [`${tuf}/targets.key`],
  [`${tuf}/root.key`],
  [`${tuf}/other.json`],
  [`${tuf}/Root.json`],
  [`${tuf}/root`],
  [`/v2/localhost:5000/nobody/_trust/tuf/root.json`],
  [`/v2/localhost:5000/nobody/_trust/tuf/timestamp.json`],
  ['/v2/_trust/changefeed?records=10&change_id=999'],
  ['/v2/_trust/changefeed?records=0'],
  ['/v2/_trust/changefeed?records=1&change_id=-5'],
  [`/v2/${gun}/_trust/changefeed?records=-5&change_id=-1`],
  [`/v2/${gun}/_trust/changefeed?records=1&change_id=1`],
  [`/v2/localhost:5000/nobody/_trust/tuf/`, { method: 'DELETE' }],
]

both('both servers answer the same to all that may be asked', async (t) => {
  const started = await Promise.all(servers.map(({ server }) => server()))
  for (const server of started) t.is((await publish(server)).status, 200)
  for (const [path, request] of requests) {
    const answers = await Promise.all(started.map((server) => get(server, path, request)))
    const [expected, found] = answers.map(comparable)
    t.deepEqual(found, expected, `${request?.method ?? 'GET'} ${path}`)
  }
})

const json = { 'content-type': 'application/json' }
const cut = { 'content-type': 'multipart/form-data; boundary=x' }
const withoutBoundary = { 'content-type': 'multipart/form-data' }
/** Ours says in words what was wrong, or answers at all. */
const better: readonly (readonly [path: string, request: Request, status: number, body: RegExp])[] = [
  [`${tuf}/../root.json`, {}, 404, /METADATA_NOT_FOUND/],
  ['/v2/_trust/changefeed', {}, 400, /INVALID_PARAMETERS.*records is not a whole number/],
  ['/v2/_trust/changefeed?records=abc', {}, 400, /INVALID_PARAMETERS.*records is not a whole number: abc/],
  ['/v2/_trust/changefeed?records=1&change_id=x', {}, 400, /INVALID_PARAMETERS.*change_id is not a whole number: x/],
  ['/v2/_trust/changefeed?records=-1', {}, 200, /"count":1/],
  ['/v2/localhost:5000/nobody/_trust/changefeed?records=10', {}, 200, /"records":null/],
  [`${tuf}/`, { method: 'POST' }, 400, /MALFORMED_UPLOAD.*not multipart/],
  [`${tuf}/`, { method: 'POST', headers: json, body: Buffer.from('{}') }, 400, /MALFORMED_UPLOAD.*not multipart/],
  [`${tuf}/`, { method: 'POST', headers: withoutBoundary, body: Buffer.from('x') }, 400, /MALFORMED_UPLOAD.*boundary/],
  [`${tuf}/`, { method: 'POST', headers: cut, body: Buffer.from('--x\r\nContent-Dis') }, 400, /MALFORMED_UPLOAD/],
  [`${tuf}/root.json`, { method: 'HEAD' }, 200, /^$/],
]

both('where they differ, ours answers in words', async (t) => {
  const started = await Promise.all(servers.map(({ server }) => server()))
  for (const server of started) await publish(server)
  for (const [path, request, status, body] of better) {
    const [expected, found] = await Promise.all(
      started.map((server) => get(server, path, request).catch(() => undefined)),
    )
    const title = `${request.method ?? 'GET'} ${path}`
    t.is(found?.status, status, title)
    t.regex(found?.body.toString() ?? '', body, title)
    t.notDeepEqual(found && comparable(found), expected && comparable(expected), title)
  }
})

both('both servers give the files that were published, by version and by hash', async (t) => {
  for (const { server } of servers) {
    const at = await server()
    const own = 'localhost:5000/team/files'
    const published = await (await collectionFor(at, own)).addTarget('v1', 'one').publish()
    t.is((await upload(at, own, published.files)).status, 200)
    for (const [name, bytes] of published.served) {
      const { status, body } = await get(at, `/v2/${own}/_trust/tuf/${name}`)
      t.is(status, 200, name)
      t.deepEqual(body, bytes)
    }
  }
})

const published = new Map<TrustServer, Promise<Answer>>()

/** Once for all tests: a second collection of that name would be refused. */
function publish(server: TrustServer): Promise<Answer> {
  const publishing = published.get(server) ?? publishFirst(server)
  published.set(server, publishing)
  return publishing
}

async function publishFirst(server: TrustServer): Promise<Answer> {
  const collection = (await collectionFor(server, gun)).addTarget('v1', 'one')
  return upload(server, gun, (await collection.publish()).files)
}
