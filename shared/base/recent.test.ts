import test from 'ava'
import { Recent } from './recent.ts'

test('keeps what was used last, and a look is no use', (t) => {
  const recent = new Recent<string, number>(2)
  recent.set('a', 1)
  recent.set('b', 2)
  t.is(recent.peek('a'), 1)
  recent.set('c', 3)
  t.deepEqual([recent.peek('a'), recent.peek('b'), recent.peek('c')], [undefined, 2, 3])
  t.is(recent.get('b'), 2)
  recent.set('d', 4)
  t.deepEqual([recent.peek('b'), recent.peek('c'), recent.peek('d')], [2, undefined, 4])
})

test('counts by weight, also what was replaced or deleted', (t) => {
  const recent = new Recent<string, string>(5, (text) => text.length)
  recent.set('a', 'xxx')
  recent.set('a', 'xx')
  recent.set('b', 'xxx')
  t.is(recent.peek('a'), 'xx')
  recent.delete('a')
  recent.set('c', 'xx')
  t.deepEqual([recent.peek('b'), recent.peek('c')], ['xxx', 'xx'])
  recent.clear()
  recent.set('d', 'xxxxx')
  t.is(recent.peek('d'), 'xxxxx')
})

test('does not keep what is heavier than all', (t) => {
  const recent = new Recent<string, string>(2, (text) => text.length)
  recent.set('a', 'xxx')
  t.is(recent.get('a'), undefined)
})
