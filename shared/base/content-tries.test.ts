import test from 'ava'
import { type ContentPlace, untilGood } from './content-tries.ts'
import { IbuildError } from './errors.ts'

const wrong = new IbuildError('DIGEST_MISMATCH', 'other bytes')

function place(name: string, { doubtful = true } = {}): ContentPlace & { readonly told: unknown[] } {
  const told: unknown[] = []
  return { name, told, isDoubtful: () => doubtful, onWrong: (error) => told.push(error) }
}

test('work is done again without the places that were wrong, until there is none left', async (t) => {
  const places = [place('a'), place('b')]
  const tried: string[] = []
  const work = untilGood(async (tries) => {
    const next = places.find(({ name }) => !tries.isWrong(name))
    if (next !== undefined) tries.note(next)
    tried.push(next?.name ?? 'last')
    throw wrong
  })
  t.is(await t.throwsAsync(work), wrong)
  t.deepEqual(tried, ['a', 'b', 'last'])
  t.deepEqual(
    places.map(({ told }) => told),
    [[wrong], [wrong]],
  )
})

test('what works is not done again', async (t) => {
  let times = 0
  const result = await untilGood(async (tries) => {
    tries.note(place('a'))
    return ++times
  })
  t.is(result, 1)
})

for (const [title, error, doubtful] of [
  ['that is none of the content', new IbuildError('DISK_FULL', 'x'), true],
  ['that is no error of ours', new TypeError('x'), true],
  ['with content that was verified', wrong, false],
] as const) {
  test(`a failure ${title} ends the work`, async (t) => {
    let times = 0
    const used = place('a', { doubtful })
    const work = untilGood(async (tries) => {
      times++
      tries.note(used)
      throw error
    })
    t.is<unknown, unknown>(await t.throwsAsync(work, { any: true }), error)
    t.deepEqual([times, used.told.length], [1, 0])
  })
}
