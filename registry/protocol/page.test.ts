import test from 'ava'
import { RegistryError } from './error.ts'
import { nextLink, parsePage } from './page.ts'

for (const [query, expected] of [
  ['', { count: 100, last: undefined }],
  ['n=5', { count: 5, last: undefined }],
  ['n=0', { count: 0, last: undefined }],
  ['n=1000000000000000000000', { count: 100, last: undefined }],
  ['n=5&last=b', { count: 5, last: 'b' }],
  ['last=', { count: 100, last: undefined }],
  [`last=${'x'.repeat(1000)}`, { count: 100, last: 'x'.repeat(512) }],
] as const) {
  test(`page ${query.slice(0, 40)}`, (t) => t.deepEqual(parsePage(new URLSearchParams(query), 100), expected))
}

for (const n of ['-1', 'a', '', '1.5', '0x10', ' 1']) {
  test(`n is ${JSON.stringify(n)}`, (t) => {
    const read = (): unknown => parsePage(new URLSearchParams({ n }), 100)
    const error = t.throws(read, { instanceOf: RegistryError })
    t.deepEqual([error.code, error.status], ['PAGINATION_NUMBER_INVALID', 400])
  })
}

test('the link to the next page keeps other parameters and encodes', (t) => {
  const query = new URLSearchParams('n=2&last=a&artifactType=application/x%2By&ns=docker.io')
  const link = nextLink('/v2/a/tags/list', query, { count: 2, last: 'b&c' })
  t.is(link, '</v2/a/tags/list?n=2&last=b%26c&artifactType=application%2Fx%2By&ns=docker.io>; rel="next"')
})
