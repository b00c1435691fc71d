import test from 'ava'
import { Reliance } from './reliance.ts'

/** When requests of a push were sent and answered, and whether the lease of a second held through all of them. */
const cases: Readonly<Record<string, readonly [requests: readonly (readonly [number, number])[], isHeld: boolean]>> = {
  'one after the other': [
    [
      [0, 10],
      [20, 30],
    ],
    true,
  ],
  'an answer just within the lease': [
    [
      [0, 10],
      [900, 999],
    ],
    true,
  ],
  'an answer that comes when it may have ended': [
    [
      [0, 10],
      [900, 1000],
    ],
    false,
  ],
  'longer than a lease, with work in between': [
    [
      [0, 10],
      [900, 950],
      [1800, 1850],
    ],
    true,
  ],
  'late once, and then not': [
    [
      [0, 10],
      [1500, 1510],
      [1520, 1530],
    ],
    false,
  ],
  'longer than work renews it': [Array.from({ length: 30 }, (_, i) => [i * 900, i * 900 + 10] as const), false],
}

for (const [what, [requests, isHeld]] of Object.entries(cases)) {
  test(`${what}: ${isHeld ? 'kept' : 'over'}`, (t) => {
    const whole = new Reliance(1000)
    const part = new Reliance(1000, whole)
    for (const [sentAt, answeredAt] of requests) part.told({ sentAt, answeredAt })
    t.is(part.isHeld, isHeld)
    t.is(whole.isHeld, isHeld, 'of the push that it is part of')
  })
}
