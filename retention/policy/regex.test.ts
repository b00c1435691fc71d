import test from 'ava'
import fc from 'fast-check'
import { BadPattern } from '../../shared/base/name-pattern.ts'
import { parseGlob } from './patterns.ts'
import { parseRegex } from './regex.ts'

const matches = (pattern: string, text: string): boolean => parseRegex(pattern, 'p').matches(text)

const fits: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
  ['v1', 'v1', true],
  ['v1', 'v10', false],
  ['v1', 'xv1', false],
  ['^v1$', 'v1', true],
  ['^v', 'v1', false],
  ['^v.*', 'v1', true],
  ['a|ab', 'ab', true],
  ['a|ab', 'abc', false],
  ['(?i)RC-\\d+', 'rc-12', true],
  ['v\\d+\\.\\d+', 'v1.20', true],
  ['v\\d+\\.\\d+', 'v1x20', false],
  ['.*(?:^team).*', 'team:x', true],
  ['.*(?:^team).*', 'my-team:x', false],
  ['a{2,3}', 'aaaa', false],
]
for (const [pattern, text, isFit] of fits)
  test(`${pattern} ${isFit ? 'fits' : 'does not fit'} ${text}`, (t) => t.is(matches(pattern, text), isFit))

const refused: readonly (readonly [pattern: string, message: RegExp])[] = [
  ['', /is empty/],
  ['(a', /missing closing \) at character 1, "\(a"/],
  ['ab[c', /missing closing \] at character 3, "\[c"/],
  ['a)', /unexpected \)/],
  ['v(?=1)', /at character 2, "\(\?=1\)".*no lookahead/],
  ['(?!v).*', /no lookahead/],
  ['(?<!v)x', /no lookahead and lookbehind/],
  ['(?<=v)x', /no lookahead and lookbehind/],
  ['(a)\\1', /at character 4.*no references to groups/],
  ['(?<n>a)\\k<n>', /no references to groups/],
  ['(?>a)', /no atomic groups/],
  ['a++', /no possessive repetition/],
  ['(?#c)a', /no comments/],
  ['*-rc', /missing argument.*syntax: glob/],
  ['team/**', /invalid nested repetition.*syntax: glob/],
  ['[z-a]', /invalid character class range/],
  ['a{1001}', /invalid repeat count/],
  ['(a{1000}){1000}', /invalid repeat count/],
  ['(?<n>a)(?<n>b)', /duplicate capture group name/],
  ['\\', /trailing backslash/],
  ['a'.repeat(1001), /more than 1000 characters/],
  [`(?:${'[a-z]?'.repeat(8)}){700}`, /too large|invalid repeat/],
]
for (const [pattern, message] of refused)
  test(`refused: ${pattern.slice(0, 40) || 'no text'}`, (t) => {
    const error = t.throws(() => parseRegex(pattern, 'p'), { instanceOf: BadPattern })
    t.regex(error?.message ?? '', message)
    t.true((error?.message.length ?? 0) < 300)
  })

const hungry = [
  '(a+)+$',
  '(a|aa)+',
  '(a*)*b',
  '(.*a){20}',
  '(?:a?){100}a{100}',
  '([a-z]+)*\\d',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
]
for (const pattern of hungry)
  test(`${pattern} ends on 100 KB, which other engines do not`, (t) => {
    t.false(matches(pattern, `${'a'.repeat(100_000)}!`))
  })

test('a pattern with more states than are remembered fits the same', (t) => {
  const pattern = parseRegex('[ab]*a[ab]{14}', 'p')
  const texts = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 10, maxLength: 120 }), 2000)
  for (const text of texts) t.is(pattern.matches(text), text.at(-15) === 'a', text)
})

test('the engine is that of RE2, and none that goes back', (t) => {
  t.throws(() => matches('(a)\\1', 'aa'), { instanceOf: BadPattern })
})

test('named groups are what they caught, and empty where the match went another way', (t) => {
  const pattern = parseRegex('(?<branch>.+)-(?P<build>\\d+)|(?<other>x)', 'p')
  t.deepEqual([...pattern.names], ['branch', 'build', 'other'])
  t.deepEqual({ ...pattern.groups('main-x-12') }, { branch: 'main-x', build: '12', other: '' })
  t.deepEqual({ ...pattern.groups('x') }, { branch: '', build: '', other: 'x' })
  t.is(pattern.groups('main'), undefined)
})

test('what both engines understand fits the same', (t) => {
  const atom = fc.constantFrom('a', 'b', '-', '.', '[ab]', '[^a]', '\\d', '(?:a|b1)', '(?:)', '1', 'ab|')
  const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{0,2}')).map(([one, times]) => {
    return one.endsWith('|') || one === '(?:)' ? one : one + times
  })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-'), maxLength: 8 })
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.array(text, { maxLength: 10 }), (pieces, texts) => {
      const pattern = pieces.join('')
      const native = new RegExp(`^(?:${pattern})$`, 'u')
      const ours = parseRegex(pattern, 'p')
      return texts.every(
        (one) => ours.matches(one) === native.test(one) && ours.matches(one) === (ours.groups(one) !== undefined),
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('globs are those of shells', (t) => {
  const glob = parseGlob('team-*/api', 'p')
  t.deepEqual(
    ['team-a/api', 'team-a/b/api', 'my-team-a/api'].map((name) => glob.matches(name)),
    [true, false, false],
  )
  t.deepEqual(glob.groups('team-a/api'), {})
  t.is(glob.groups('x'), undefined)
})
