import test from 'ava'
import { CoherentCache } from './coherent-cache.ts'

const cacheOf = (capacity = 100_000): CoherentCache<string> => new CoherentCache(capacity, (value) => value.length)

test('what was read or stored is at hand', (t) => {
  const cache = cacheOf()
  cache.fill('a', '1', cache.stampOf('a'))
  t.is(cache.peek('a'), '1')
  const end = cache.write(['b'])
  end(new Map([['b', '2']]))
  t.is(cache.peek('b'), '2')
  t.is(cache.peek('c'), undefined)
})

test('while something is written, nothing is held under its key', (t) => {
  const cache = cacheOf()
  cache.fill('a', '1', cache.stampOf('a'))
  const end = cache.write(['a'])
  t.is(cache.peek('a'), undefined)
  cache.fill('a', '1', cache.stampOf('a'))
  t.is(cache.peek('a'), undefined, 'the old value may be gone at any moment')
  end()
  t.is(cache.peek('a'), undefined, 'whether it failed or not')
})

test('what was read before a write ended is not held after it', (t) => {
  const cache = cacheOf()
  const before = cache.stampOf('a')
  const end = cache.write(['a'])
  const during = cache.stampOf('a')
  end(new Map([['a', '2']]))
  cache.fill('a', '1', before)
  cache.fill('a', '1', during)
  t.is(cache.peek('a'), '2')
  cache.fill('a', '3', cache.stampOf('a'))
  t.is(cache.peek('a'), '3')
})

test('what was read of one key is held, however much else is written meanwhile', (t) => {
  const cache = cacheOf()
  const stamp = cache.stampOf('a')
  const end = cache.write(['b'])
  cache.write([])()
  cache.fill('a', '1', stamp)
  end()
  t.is(cache.peek('a'), '1')
})

test('of writes at once nobody knows which was the last', (t) => {
  const cache = cacheOf()
  const [first, second] = [cache.write(['a']), cache.write(['a', 'b'])]
  second(
    new Map([
      ['a', '2'],
      ['b', '2'],
    ]),
  )
  first(new Map([['a', '1']]))
  t.is(cache.peek('a'), undefined)
  t.is(cache.peek('b'), '2')
})

test('it holds no more than its capacity, and what was used last', (t) => {
  const cache = cacheOf(10_000)
  const value = 'x'.repeat(1000)
  for (let i = 0; i < 100; i++) {
    cache.fill(String(i), value, cache.stampOf(String(i)))
    cache.peek('0')
  }
  t.is(cache.peek('0'), value)
  t.is(cache.peek('99'), value)
  t.is(cache.peek('50'), undefined)
  const held = Array.from({ length: 100 }, (_, i) => cache.peek(String(i))).filter((each) => each !== undefined)
  t.is(held.length, 8)
  cache.fill('large', 'x'.repeat(9000), cache.stampOf('large'))
  t.is(cache.peek('large'), undefined, 'nothing large drives all else out')
  t.is(cache.peek('0'), value)
})
