import test from 'ava'
import { createStamps } from './stamps.ts'

test('a key has another stamp once it was renewed, and hardly any other key has', (t) => {
  const stamps = createStamps()
  const keys = Array.from({ length: 1000 }, (_, i) => `tag team/app v${i}`)
  const before = keys.map((key) => stamps.of(key))
  stamps.renew('tag team/app v7')
  t.not(stamps.of('tag team/app v7'), before[7])
  const renewed = keys.filter((key, i) => stamps.of(key) !== before[i])
  t.true(renewed.length < 10, `${renewed.length} of 1000`)
  stamps.renewAll()
  t.true(keys.every((key, i) => stamps.of(key) !== before[i]))
})
