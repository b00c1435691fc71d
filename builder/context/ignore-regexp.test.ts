import test from 'ava'
import fc from 'fast-check'
import { BadExpression } from './ignore-expression.ts'
import { compileIgnoreRegexp } from './ignore-regexp.ts'

const atom = fc.constantFrom(
  'a',
  'b',
  '\\.',
  '[^/]',
  '[^/]*',
  '(.*/)?',
  '[ab]',
  '[^a]',
  '[a-c]*',
  '^',
  '$',
  '|',
  'a{2}',
  '[ab]{0,2}',
  'b{1,}',
  'é',
  '[à-ü]',
  '\\d',
  '[[:alpha:]]',
  '/',
)
const text = fc.stringMatching(/^[ab./1é\n]{0,8}$/u)

test('both ways to match agree', (t) => {
  const property = fc.property(fc.array(atom, { maxLength: 8 }), text, (atoms, value) => {
    const expression = atoms.join('')
    return (
      compileIgnoreRegexp(expression, 'native').test(value) === compileIgnoreRegexp(expression, 'automaton').test(value)
    )
  })
  t.notThrows(() => fc.assert(property, { numRuns: 5000 }))
})

test('what Go refuses is refused', (t) => {
  for (const expression of [
    '[a',
    '[b-a]',
    '[[:nope:]]',
    '\\m',
    '\\',
    '(a',
    'a)',
    '[\\m]',
    '[a-\\w]',
    'a{2}{3}',
    'a*{2}',
    'a{3,2}',
    'a{1001}',
  ]) {
    t.throws(() => compileIgnoreRegexp(expression), { instanceOf: BadExpression }, expression)
  }
})
