import test from 'ava'
import fc from 'fast-check'
import { type Pattern, parsePattern, replace, trimPrefix, trimSuffix } from './pattern.ts'

function pattern(text: string): Pattern {
  const parsed = parsePattern(text, '\\')
  if ('invalid' in parsed) throw new Error(parsed.invalid)
  return parsed
}

/** The same glob as a regular expression, which may backtrack. */
function regExp(glob: string, star: '[^]*' | '[^]*?'): string {
  return glob.replaceAll(/[^*?]|[*?]/g, (c) => (c === '*' ? star : c === '?' ? '[^]' : c))
}

const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 12 })
const glob = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '*', '?'), maxLength: 6 })

test('trimming a prefix agrees with regular expressions', (t) => {
  fc.assert(
    fc.property(value, glob, (text, g) => {
      t.is(trimPrefix(text, pattern(g), true), text.replace(new RegExp(`^${regExp(g, '[^]*')}`), ''))
      t.is(trimPrefix(text, pattern(g), false), text.replace(new RegExp(`^${regExp(g, '[^]*?')}`), ''))
    }),
    { numRuns: 2000 },
  )
})

test('trimming a suffix agrees with trying every suffix', (t) => {
  fc.assert(
    fc.property(value, glob, (text, g) => {
      const whole = new RegExp(`^${regExp(g, '[^]*')}$`)
      const starts = Array.from({ length: text.length + 1 }, (_, index) => index)
      const matching = starts.filter((start) => whole.test(text.slice(start)))
      t.is(trimSuffix(text, pattern(g), true), text.slice(0, matching[0] ?? text.length))
      t.is(trimSuffix(text, pattern(g), false), text.slice(0, matching.at(-1) ?? text.length))
    }),
    { numRuns: 2000 },
  )
})

test('replacing the first match agrees with regular expressions', (t) => {
  fc.assert(
    fc.property(value, glob, (text, g) => {
      const expected = text.replace(new RegExp(regExp(g, '[^]*')), '-')
      t.is(replace(text, pattern(g), { by: '-', all: false }).join(''), expected)
    }),
    { numRuns: 2000 },
  )
})

function all(text: string, g: string): string {
  return replace(text, pattern(g), { by: '-', all: true }).join('')
}

test('replacing every match: an empty match right after another one does not count', (t) => {
  t.is(all('abab', 'a'), '-b-b')
  t.is(all('aaa', 'aa'), '-a')
  t.is(all('abc', '*'), '-')
  t.is(all('abc', ''), '-a-b-c-')
  t.is(all('', ''), '-')
  t.is(all('abc', 'b*'), 'a-')
  t.is(all('a1b1c', '?1'), '--c')
  t.is(all('😀x😀', '?'), '---')
})

test('escapes', (t) => {
  t.deepEqual(parsePattern('a\\*\\?\\\\\\}\\/b', '\\'), { runs: [['a', '*', '?', '\\', '}', '/', 'b']] })
  t.deepEqual(parsePattern('a*?', '\\'), { runs: [['a'], [undefined]] })
  t.deepEqual(parsePattern('a\\n', '\\'), { invalid: '\\n' })
  t.deepEqual(parsePattern('a\\', '\\'), { invalid: '\\' })
  t.deepEqual(parsePattern('`*\\*\\n', '`'), { runs: [['*', '*', '\\', 'n']] })
})
