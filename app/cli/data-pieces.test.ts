import test from 'ava'
import fc from 'fast-check'
import { dataPieces } from './data-pieces.ts'
import { dataText } from './output-format.ts'

for (const format of ['json', 'yaml'] as const) {
  test(`pieces of ${format} are the text of the whole`, async (t) => {
    const some = fc.oneof(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()))),
      fc.constantFrom({}, [], { a: [] }, { a: undefined, b: 1 }, { a: ['one\ntwo\u009b', { b: ['c\n'] }] }),
    )
    await fc.assert(
      fc.asyncProperty(some, async (value) => {
        t.is([...(await dataPieces(value, format))].join(''), await dataText(value, format))
      }),
      { numRuns: 100 },
    )
  })

  test(`no piece of ${format} has more than one element of an array`, async (t) => {
    const value = { items: Array.from({ length: 100 }, (_, i) => ({ number: `number ${i}` })) }
    const pieces = [...(await dataPieces(value, format))]
    t.true(pieces.length > 100)
    t.true(pieces.every((piece) => piece.split('number ').length <= 2))
  })
}
