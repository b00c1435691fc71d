import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'
import { imageOf, named, pushArtifact } from '../../service/testing/images.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import { type Served, serve } from '../testing/served.ts'

const [first, second, third] = [imageOf('1'), imageOf('2'), imageOf('3')]
const name = named('team/app')
const at = (reference: string): string => `/v2/${name}/manifests/${reference}`
const type = { 'Content-Type': first.mediaType }

async function served(t: ExecutionContext, options: Parameters<typeof serve>[1] = {}): Promise<Served> {
  const all = await serve(t, options)
  await pushArtifact(all.service, name, first, ['latest'])
  await pushArtifact(all.service, name, second)
  await pushArtifact(all.service, name, third)
  return all
}

function errorIn({ body }: Answered): unknown {
  const document: unknown = JSON.parse(body.toString())
  return document
}

test('a tag is moved with the entity tag that GET and HEAD gave, once', async (t) => {
  const { ask } = await served(t)
  for (const method of ['GET', 'HEAD']) t.is((await ask(method, at('latest'))).headers.etag, `"${first.digest}"`)
  const put = async (image: typeof first): Promise<Answered> =>
    ask('PUT', at('latest'), { headers: { ...type, 'If-Match': `"${first.digest}"` }, body: image.bytes })
  const moved = await put(second)
  t.is(moved.status, 201)
  t.is(moved.headers.etag, `"${second.digest}"`)
  const late = await put(third)
  t.is(late.status, 412)
  t.is(late.headers.etag, `"${second.digest}"`)
  t.is(late.headers['content-type'], 'application/json')
  t.deepEqual(errorIn(late), {
    errors: [
      {
        code: 'PRECONDITION_FAILED',
        message: `the tag latest of team/app is ${second.digest} now: If-Match does not hold, and nothing was changed`,
        detail: { tag: 'latest', now: second.digest },
      },
    ],
  })
  t.is((await ask('GET', at('latest'))).headers['docker-content-digest'], second.digest)
})

test('of two who race for one tag one gets 201, the other 412', async (t) => {
  const { ask } = await served(t)
  for (const headers of [{ 'If-Match': `"${first.digest}"` }, { 'If-None-Match': '*' }]) {
    const tag = 'If-Match' in headers ? 'latest' : 'new'
    const answers = await Promise.all(
      [second, third].map((image) => ask('PUT', at(tag), { headers: { ...type, ...headers }, body: image.bytes })),
    )
    t.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [201, 412],
    )
    const winner = answers.find(({ status }) => status === 201)?.headers['docker-content-digest']
    t.is((await ask('HEAD', at(tag))).headers['docker-content-digest'], winner)
  }
})

test('a tag that is to be new is refused when it is there, whatever it is', async (t) => {
  const { ask } = await served(t)
  const headers = { ...type, 'If-None-Match': '*' }
  t.is((await ask('PUT', at('latest'), { headers, body: first.bytes })).status, 412)
  t.is((await ask('PUT', at('new'), { headers, body: first.bytes })).status, 201)
  t.is((await ask('PUT', `${at('other')}?tag=latest`, { headers, body: second.bytes })).status, 201, 'the path counts')
})

test('DELETE takes a condition too', async (t) => {
  const { ask } = await served(t)
  const remove = async (digest: string): Promise<number> =>
    (await ask('DELETE', at('latest'), { headers: { 'If-Match': `"${digest}"` } })).status
  t.is(await remove(second.digest), 412)
  t.is((await ask('HEAD', at('latest'))).status, 200)
  t.is(await remove(first.digest), 202)
  t.is(await remove(first.digest), 404)
})

for (const value of ['sha256:abc', '"a', '*, "a"', '', 'w/"a"', '"a" "b"']) {
  test(`400 for a condition that breaks the grammar: ${value}`, async (t) => {
    const { ask } = await served(t)
    for (const header of ['If-Match', 'If-None-Match']) {
      const put = await ask('PUT', at('latest'), { headers: { ...type, [header]: value }, body: second.bytes })
      t.is(put.status, 400)
      t.regex(put.message, /must be \* or entity tags in double quotes/)
      t.is((await ask('DELETE', at('latest'), { headers: { [header]: value } })).status, 400)
    }
    t.is((await ask('HEAD', at('latest'))).headers['docker-content-digest'], first.digest)
  })
}

test('several headers are one list', async (t) => {
  const { ask } = await served(t)
  const values = [`"${third.digest}"`, `W/"${second.digest}"`, `"${first.digest}"`]
  const put = await ask('PUT', at('latest'), { headers: { ...type, 'If-Match': values }, body: second.bytes })
  t.is(put.status, 201)
})

test('who may not pull is not told what a tag is', async (t) => {
  const { ask } = await served(t, { authorize: () => ({ mayPull: () => false }) })
  const put = await ask('PUT', at('latest'), { headers: { ...type, 'If-None-Match': '*' }, body: second.bytes })
  t.is(put.status, 412)
  t.false(`${put.body.toString()}${JSON.stringify(put.headers)}`.includes(first.digest))
})

test('an immutable tag is refused with 403 and the rule, whatever the condition', async (t) => {
  const { service } = await memoryRegistry({ immutableBy: () => (tag) => (tag === 'latest' ? 'latest' : undefined) })
  const { ask } = await served(t, { service })
  for (const headers of [type, { ...type, 'If-Match': '*' }]) {
    const put = await ask('PUT', at('latest'), { headers, body: second.bytes })
    t.is(put.status, 403)
    t.deepEqual(put.codes, ['DENIED'])
    t.regex(put.message, /immutable here \(tags\.immutable: "latest"\)/)
  }
  t.is((await ask('DELETE', at('latest'))).status, 403)
  t.is((await ask('DELETE', at(first.digest))).status, 403)
  t.is((await ask('PUT', at('latest'), { headers: type, body: first.bytes })).status, 201)
})

test('beyond the quota an upload is refused where it begins: POST, mount, Content-Length', async (t) => {
  const quotaFor = (of: string): { bytes: number; rule: string } | undefined =>
    of === 'full' ? { bytes: 10, rule: 'full' } : undefined
  const { service } = await memoryRegistry({ quotaFor })
  const { ask } = await served(t, { service })
  const blob = Buffer.alloc(11)
  const [layer] = first.blobs.map((each) => digestOf(each))
  const uploads = '/v2/full/blobs/uploads/'
  const whole = await ask('POST', `${uploads}?digest=${digestOf(blob)}`, { body: blob })
  t.is(whole.status, 403)
  t.deepEqual(whole.codes, ['DENIED'])
  t.regex(whole.message, /the quota of full is 10 bytes .* of which 0 are used/)
  t.is((await ask('POST', `${uploads}?mount=${layer}&from=${name}`)).status, 403)
  const started = await ask('POST', uploads)
  t.is(started.status, 202)
  const location = String(started.headers.location)
  t.is((await ask('PATCH', location, { body: blob })).status, 403)
  t.is((await ask('GET', location)).status, 404, 'that was its end')
  const again = String((await ask('POST', uploads)).headers.location)
  t.is((await ask('PUT', `${again}?digest=${digestOf(blob)}`, { body: blob })).status, 403)
  const ten = Buffer.alloc(10)
  t.is((await ask('POST', `${uploads}?digest=${digestOf(ten)}`, { body: ten })).status, 201)
  t.is((await ask('POST', uploads)).status, 403, 'full')
})
