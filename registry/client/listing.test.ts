import test, { type ExecutionContext } from 'ava'
import { type Answer, sendJson, standIn, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { parseNextLink } from './link.ts'
import { collected, failsWith, testClient } from './testing/client.ts'

for (const [headers, expected] of [
  [[], undefined],
  [['</v2/a?n=1>; rel="next"'], '/v2/a?n=1'],
  [['</v2/a?n=1>; rel=next'], '/v2/a?n=1'],
  [['<a>; rel="prev", <b>; rel="next"'], 'b'],
  [['<a>; rel="prev"', '<b>; title="x, y"; rel="last next"'], 'b'],
  [['<a>;REL="NEXT"'], 'a'],
  [['<a>; rel="nextish"'], undefined],
  [['<a>; rel=nextish'], undefined],
  [['<a>; title="rel=next"'], undefined],
  [['a; rel="next"'], undefined],
  [['<a'], undefined],
  [[`<a>${'; x='.repeat(3000)}`], undefined],
] as const) {
  test(`next in ${JSON.stringify(headers).slice(0, 60)}`, (t) => t.is(parseNextLink(headers), expected))
}

async function tagsFrom(t: ExecutionContext, answer: Answer): Promise<string[]> {
  const { host } = await standIn(t, (request, response) =>
    request.url === '/v2/' ? response.end() : answer(request, response),
  )
  return collected(
    testClient(t, { retries: { most: 1 } })
      .repository({ domain: host, path: 'a/b' })
      .tags(),
  )
}

test('pages are followed to the last one', async (t) => {
  const tags = ['a', 'b', 'c', 'd', 'e']
  const found = await tagsFrom(t, (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const at = tags.indexOf(url.searchParams.get('last') ?? '') + 1
    if (at + 2 < tags.length) response.setHeader('link', `<${url.pathname}?n=2&last=${tags[at + 1]}>; rel="next"`)
    sendJson(response, { name: 'a/b', tags: tags.slice(at, at + 2) })
  })
  t.deepEqual(found, tags)
})

test('a registry of https that thinks that it speaks http is listed by https', async (t) => {
  const { host } = await standIn(
    t,
    (request, response) => {
      const isFirst = !request.url?.includes('last=')
      if (isFirst) response.setHeader('link', `<http://${request.headers.host}/v2/a/tags/list?last=1>; rel="next"`)
      sendJson(response, { tags: isFirst ? ['1'] : ['2'] })
    },
    { tls: testAuthority().issue('127.0.0.1') },
  )
  t.deepEqual(await collected(testClient(t).repository({ domain: host, path: 'a' }).tags()), ['1', '2'])
})

test('no tags at all', async (t) => {
  t.deepEqual(await tagsFrom(t, (_, response) => sendJson(response, { tags: null })), [])
  t.deepEqual(await tagsFrom(t, (_, response) => sendJson(response, {})), [])
})

for (const [title, answer, code] of [
  [
    'no such repository',
    (_, response) => sendJson(response, { errors: [{ code: 'NAME_UNKNOWN', message: 'x' }] }, 404),
    'REGISTRY_NOT_FOUND',
  ],
  ['no JSON', (_, response) => response.end('<html>'), 'REGISTRY_ANSWER_INVALID'],
  ['numbers', (_, response) => sendJson(response, { tags: [1] }), 'REGISTRY_ANSWER_INVALID'],
  ['a text', (_, response) => sendJson(response, { tags: 'x' }), 'REGISTRY_ANSWER_INVALID'],
  [
    'a link to the same page',
    (request, response) => {
      response.setHeader('link', `<${request.url}>; rel="next"`)
      sendJson(response, { tags: ['x'] })
    },
    'REGISTRY_ANSWER_INVALID',
  ],
  [
    'empty pages without end',
    (_, response) => {
      response.setHeader('link', `</v2/a/b/tags/list?last=${Math.random()}>; rel="next"`)
      sendJson(response, { tags: [] })
    },
    'REGISTRY_ANSWER_INVALID',
  ],
  [
    'a link to another host',
    (_, response) => {
      response.setHeader('link', '<http://127.0.0.1:1/v2/a/b/tags/list>; rel="next"')
      sendJson(response, { tags: ['x'] })
    },
    'REGISTRY_ANSWER_INVALID',
  ],
  [
    'a page without end',
    (_, response) => {
      response.write('{"tags":["')
      const more = (): void => {
        if (response.destroyed) return
        if (response.write('x'.repeat(1024 * 1024))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    },
    'REGISTRY_ANSWER_INVALID',
  ],
] as const satisfies readonly (readonly [string, Answer, string])[]) {
  test(`refused: ${title}`, async (t) => {
    await failsWith(t, code, tagsFrom(t, answer))
  })
}
