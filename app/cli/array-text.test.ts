import test from 'ava'
import fc from 'fast-check'
import { parse } from 'yaml'
import { arrayText } from './array-text.ts'

test('any array of plain data comes back from both formats', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
      const json = [...(await arrayText(values, 'json'))].join('')
      t.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(values)))
      // YAML keeps the sign of a zero, which JSON does not.
      t.deepEqual(parse([...(await arrayText(values, 'yaml'))].join('')), values)
    }),
    { numRuns: 100 },
  )
})

test('a zero with a sign comes back as each format can say it', async (t) => {
  t.is([...(await arrayText([-0], 'json'))].join('').replaceAll(/\s/g, ''), '[0]')
  t.deepEqual(parse([...(await arrayText([-0], 'yaml'))].join('')), [-0])
})

test('elements are asked for one by one', async (t) => {
  for (const format of ['json', 'yaml'] as const) {
    let asked = 0
    const values = (function* () {
      for (;;) yield { number: asked++ }
    })()
    const pieces = (await arrayText(values, format))[Symbol.iterator]()
    for (let i = 0; i < 3; i++) pieces.next()
    t.true(asked <= 3, format)
  }
})
