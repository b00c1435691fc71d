import test from 'ava'
import type { Token } from './token.ts'
import { TokenCache } from './token-cache.ts'

const token = (value: string, until = Number.POSITIVE_INFINITY): Token => ({ value, until, refresh: undefined })
const pull = (path: string): string[] => [`repository:${path}:pull`]

test('of more than a hundred tokens those that were used least lately are forgotten', async (t) => {
  const cache = new TokenCache()
  for (let i = 0; i < 150; i++) {
    await cache.fetch(pull(`r${i}`), async () => token(`t${i}`))
    await cache.find(pull('r0'))
  }
  t.is((await cache.find(pull('r0')))?.value, 't0')
  t.is((await cache.find(pull('r149')))?.value, 't149')
  t.is(await cache.find(pull('r1')), undefined)
  let kept = 0
  for (let i = 0; i < 150; i++) if ((await cache.find(pull(`r${i}`))) !== undefined) kept++
  t.is(kept, 100)
})

test('a token serves all that it allows; what is over, or could not be had, is fetched anew', async (t) => {
  const cache = new TokenCache()
  await cache.fetch(['repository:a:pull,push'], async () => token('wide'))
  t.is((await cache.find(pull('a')))?.value, 'wide')
  t.is(await cache.find(pull('b')), undefined)
  await cache.fetch(pull('old'), async () => token('old', Date.now() - 1))
  t.is(await cache.find(pull('old')), undefined)
  t.is((await cache.fetch(pull('old'), async () => token('new'))).value, 'new')
  await t.throwsAsync(cache.fetch(pull('c'), () => Promise.reject(new Error('no'))))
  t.is(await cache.find(pull('c')), undefined)
  t.is((await cache.fetch(pull('c'), async () => token('c'))).value, 'c')
})

test('one that is on its way is waited for by whom it serves, and by nobody else', async (t) => {
  const cache = new TokenCache()
  const coming = Promise.withResolvers<Token>()
  const first = cache.fetch(pull('a'), () => coming.promise)
  const found = cache.find(pull('a'))
  const second = cache.fetch(pull('a'), () => Promise.reject(new Error('fetched twice')))
  t.is(await cache.find(pull('b')), undefined)
  coming.resolve(token('a'))
  t.deepEqual(
    (await Promise.all([first, found, second])).map((each) => each?.value),
    ['a', 'a', 'a'],
  )
})

test('what was forgotten while it was on its way does not come back', async (t) => {
  const cache = new TokenCache()
  const coming = Promise.withResolvers<Token>()
  void cache.fetch(pull('a'), () => coming.promise)
  const found = cache.find(pull('a'))
  cache.clear()
  coming.resolve(token('a'))
  await found
  t.is(await cache.find(pull('a')), undefined)
})
