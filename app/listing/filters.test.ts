import test from 'ava'
import { onlyValue, parseFilters, valuesOf } from './filters.ts'

const known = ['label', 'label!', 'type', 'until']

test('filters are read with their values as they are', (t) => {
  const filters = parseFilters(
    ['label=a=b c', 'label!=x', 'type=images', 'label=k', 'until=2026-03-01T12:00:00Z'],
    known,
  )
  t.deepEqual(valuesOf(filters, 'label'), ['a=b c', 'k'])
  t.deepEqual(valuesOf(filters, 'label', true), ['x'])
  t.is(onlyValue(filters, 'until'), '2026-03-01T12:00:00Z')
  t.is(onlyValue(filters, 'nothing'), undefined)
  t.deepEqual(parseFilters(undefined, known), [])
})

const wrong: [word: string, message: RegExp, hint: RegExp][] = [
  ['', /"" is not KEY=VALUE/, /keys are label, type, until/],
  ['label', /"label" is not KEY=VALUE/, /keys are/],
  ['label=', /not KEY=VALUE/, /keys are/],
  ['=x', /not KEY=VALUE/, /keys are/],
  ['a b=x', /not KEY=VALUE/, /keys are/],
  ['labl=x', /unknown key "labl"/, /^Did you mean label\? The keys are/],
  ['dangling=true', /unknown key "dangling"/, /^The keys are/],
  ['type!=x', /type does not take !=/, /keys are/],
  ['labl!=x', /unknown key "labl"/, /Did you mean label/],
  ['__proto__=x', /unknown key/, /keys are/],
]
for (const [word, message, hint] of wrong) {
  test(`no filter: ${JSON.stringify(word)}`, (t) => {
    const error = t.throws(() => parseFilters([word], known), { code: 'USAGE', message })
    t.regex(String(Reflect.get(error ?? {}, 'hint')), hint)
  })
}

test('a filter that counts once is refused twice', (t) => {
  const filters = parseFilters(['until=1h', 'until=2h'], known)
  t.throws(() => onlyValue(filters, 'until'), { code: 'USAGE', message: /until can be given once/ })
})
