import test from 'ava'
import { parseOptions } from './options.ts'

test('the usual ones, and all that can be said', (t) => {
  const usual = parseOptions([])
  t.like(usual, { pushes: 1000, clients: 4, minutes: undefined, isKilled: false, isJson: false, without: undefined })
  t.true(Number.isSafeInteger(usual.seed))
  const words = '--pushes 5 --clients 6 --seed 0 --minutes 7 --kill --json --without lock'
  const all = { pushes: 5, clients: 6, seed: 0, minutes: 7, isKilled: true, isJson: true, without: 'lock' }
  t.deepEqual(parseOptions(words.split(' ')), all)
})

for (const words of ['--pushes 0', '--pushes x', '--clients 1.5', '--seed -1', '--without x', '--fast', 'more']) {
  test(`refused: ${words}`, (t) => {
    t.throws(() => parseOptions(words.split(' ')))
  })
}
