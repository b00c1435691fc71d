import test from 'ava'
import { createSlowDown, type SlowDown } from './slow-down.ts'

interface Scene extends SlowDown {
  readonly pass: (milliseconds: number) => void
  /** Wrong passwords, each after the wait that is asked for; the waits. */
  readonly guess: (times: number, name: string, network: string) => number[]
}

function scene(): Scene {
  let time = 1000
  const slowDown = createSlowDown(() => time)
  return {
    ...slowDown,
    pass: (milliseconds) => void (time += milliseconds),
    guess: (times, name, network) =>
      Array.from({ length: times }, () => {
        const found = slowDown.begin(name, network)
        if (typeof found !== 'number') return 0
        time += found
        slowDown.begin(name, network)
        return found
      }),
  }
}

const minute = 60_000

test('after five wrong passwords each further one waits twice as long, a minute at most', (t) => {
  const waits = scene().guess(14, 'ann', 'n')
  t.deepEqual(waits, [0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, minute, minute, minute])
})

test('tries at once are no way around: each counts from its beginning on', (t) => {
  const { begin } = scene()
  const found = Array.from({ length: 100 }, () => begin('ann', 'n'))
  t.is(found.filter((one) => typeof one !== 'number').length, 5)
})

test('a wait begins when the password was found wrong, however long that took', (t) => {
  const { begin, guess, pass } = scene()
  guess(4, 'ann', 'n')
  const attempt = begin('ann', 'n')
  pass(5000)
  if (typeof attempt === 'number') return t.fail()
  attempt.end(false)
  t.is(begin('ann', 'n'), 1000)
})

test('a try that is too early is told how long, and does not make it longer', (t) => {
  const { begin, guess, pass } = scene()
  guess(5, 'ann', 'n')
  t.is(begin('ann', 'n'), 1000)
  pass(400)
  t.is(begin('ann', 'n'), 600)
  pass(600)
  t.not(typeof begin('ann', 'n'), 'number')
})

test('who guesses for an account shuts nobody out elsewhere, not even from all other networks at once', (t) => {
  const { begin, guess, pass } = scene()
  guess(20, 'ann', 'evil')
  t.not(typeof begin('ann', 'home'), 'number')
  for (let i = 0; i < 2000; i++) guess(3, 'ann', `evil${i}`)
  const attempt = begin('ann', 'office')
  t.not(typeof attempt, 'number')
  t.is(begin('ann', 'office'), 1000, 'but it is one try that every network has then')
  pass(1000)
  t.not(typeof begin('ann', 'office'), 'number')
})

test('a right password forgets the wrong ones of its name', (t) => {
  const { begin, guess } = scene()
  guess(4, 'ann', 'n')
  const attempt = begin('ann', 'n')
  if (typeof attempt === 'number') return t.fail()
  attempt.end(true)
  t.deepEqual(guess(6, 'ann', 'n'), [0, 0, 0, 0, 0, 1000])
})

test('one network is slowed down whatever names it tries, and an own account does not help it', (t) => {
  const { begin, pass } = scene()
  let tries = 0
  for (let i = 0; i < 300; i++) {
    if (typeof begin(`user${i}`, 'evil') !== 'number') tries++
    const own = begin('mallory', 'evil')
    if (typeof own !== 'number') own.end(true)
  }
  t.is(tries, 50)
  t.not(typeof begin('ann', 'home'), 'number', 'others are not')
  pass(15 * minute)
  t.not(typeof begin('user1', 'evil'), 'number', 'what is long ago is forgotten')
})

test('names that only begin alike are not mixed up', (t) => {
  const { begin, guess } = scene()
  guess(6, 'ann', 'n')
  for (const [name, network] of [
    ['Ann', 'n'],
    ['an', 'n'],
    ['n', 'ann'],
    ['nann', ''],
  ] as const)
    t.not(typeof begin(name, network), 'number', name)
})

test('whoever fills the memory makes it forget, and no larger', (t) => {
  const { begin, guess } = scene()
  guess(5, 'ann', 'n')
  t.is(begin('ann', 'n'), 1000)
  for (let i = 0; i < 10_000; i++) begin('ann', `network${i}`)
  t.not(typeof begin('ann', 'n'), 'number')
})
