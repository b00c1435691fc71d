import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { createDigestLocks } from './digest-locks.ts'

const digest = digestOf('a')

interface Held {
  readonly isShared: boolean
  readonly end: PromiseWithResolvers<void>
}

test('who shares is beside others, who does not is alone, and nobody overtakes one who waits to be alone', async (t) => {
  const run = async (wanted: readonly boolean[], endings: readonly number[]): Promise<void> => {
    const locks = createDigestLocks()
    const held: Held[] = []
    const entered: number[] = []
    const all = wanted.map(async (isShared, i) =>
      locks[isShared ? 'share' : 'run'](digest, async () => {
        const own = { isShared, end: Promise.withResolvers<void>() }
        entered.push(i)
        held.push(own)
        t.true(held.length === 1 || held.every((each) => each.isShared))
        await own.end.promise
        held.splice(held.indexOf(own), 1)
        if (i % 3 === 0) throw new Error('failed')
      }),
    )
    const results = Promise.allSettled(all)
    await turn()
    for (let i = 0; held.length > 0; i++) {
      const first = wanted.findIndex((isShared, each) => !isShared && !entered.includes(each))
      t.true(entered.every((each) => first < 0 || each < first))
      held[(endings[i] ?? 0) % held.length]?.end.resolve()
      await turn()
    }
    t.deepEqual(
      (await results).map(({ status }) => status),
      wanted.map((_, i) => (i % 3 === 0 ? 'rejected' : 'fulfilled')),
    )
    t.is(entered.length, wanted.length)
  }
  const wanted = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })
  await fc.assert(fc.asyncProperty(wanted, fc.array(fc.nat(7), { maxLength: 8 }), run), { numRuns: 200 })
})

test('those who share are there at once, and other digests do not wait', async (t) => {
  const locks = createDigestLocks()
  const end = Promise.withResolvers<void>()
  let count = 0
  const work = async (): Promise<void> => {
    count++
    await end.promise
  }
  const all = [locks.share(digest, work), locks.share(digest, work), locks.run(digestOf('b'), work)]
  const alone = locks.run(digest, work)
  await turn()
  t.is(count, 3)
  end.resolve()
  await Promise.all([...all, alone])
  t.is(count, 4)
})

test('it is not free while one of those who shared it is still there', async (t) => {
  const locks = createDigestLocks()
  const end = Promise.withResolvers<void>()
  const first = locks.share(digest, () => end.promise)
  await locks.share(digest, async () => undefined)
  await turn()
  let isAlone = false
  const alone = locks.run(digest, async () => {
    isAlone = true
  })
  await turn()
  t.false(isAlone)
  end.resolve()
  await Promise.all([first, alone])
  t.true(isAlone)
})
