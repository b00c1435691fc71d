import test from 'ava'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { nativeGroups } from './native-groups.ts'
import { parseRegex } from './regex.ts'

const native = [
  '(?P<branch>[a-z]+)-(?P<build>[0-9]+)',
  '^(?<branch>.+)-(?<date>\\d{8})-(?<n>\\d+)$',
  'v?(?P<major>\\d+)\\.(?P<minor>\\d+)\\.\\d+',
  '(?<env>[^-]+)-(?:[a-f0-9]{7,40})',
]
for (const pattern of native)
  test(`${pattern} is caught without the engine of RE2`, (t) => t.not(nativeGroups(pattern), undefined))

const others = [
  '(?<a>.+)-(?<b>.+)-(?<c>.+)',
  '(?<a>a+)(?<b>a+)(?<c>a+)x',
  '(?<a>a*)(?<b>a*)b*',
  '(?<a>a|b)',
  '(?<a>a)?b',
  '(?:(?<a>a)+)+',
  '(?i)(?<a>a)',
  '(?<a>\\pL+)',
  '(?<a>[[:alpha:]]+)',
  '\\Q(?<a>a)\\E',
  '(?<1>a)',
  '(?<a>a)\\$',
  '(?<a>a\\b)',
]
for (const pattern of others) test(`${pattern} is left to RE2`, (t) => t.is(nativeGroups(pattern), undefined))

test('texts that are long, or no names, are left to RE2', (t) => {
  const groups = nativeGroups('(?<a>.+)-(?<b>\\d+)')
  t.deepEqual({ ...groups?.in('main-1') }, { a: 'main', b: '1' })
  t.deepEqual(
    [groups?.knows(`${'a'.repeat(300)}-1`), groups?.knows('ä-1'), groups?.knows('main-1')],
    [false, false, true],
  )
  t.is(groups?.fits('main-1'), true)
  t.is(groups?.fits('main-x'), false)
  t.is(groups?.knows('a\n-1'), false)
  t.deepEqual({ ...parseRegex('(?<a>.+)-(?<b>\\d+)', 'p').groups('ä-1') }, { a: 'ä', b: '1' })
})

test('what fits is what RE2 takes, and what is caught is what RE2 catches', (t) => {
  const atom = fc.constantFrom('a', 'b', '-', '\\.', '.', '[ab]', '[^a]', '[a-c_-]', '\\d', '\\w', '[\\d.]')
  const times = fc.constantFrom('', '', '', '*', '+', '?', '+?', '??', '{0,2}', '{2}', '{1,}')
  const one = fc.tuple(atom, times).map((parts) => parts.join(''))
  const group = fc.array(one, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''))
  const pattern = fc
    .array(fc.tuple(fc.constantFrom('', '(?:', '(?<'), group), { minLength: 1, maxLength: 4 })
    .map((groups) => groups.map(([open, inside], i) => bracketed(open, inside, i)).join(''))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-', '.', '_'), maxLength: 9 })
  let compared = 0
  const isSame = (written: string, texts: readonly string[]): boolean => {
    const ours = nativeGroups(written)
    const regex = RE2JS.compile(written)
    return texts.every((name) => {
      if (ours === undefined) return true
      const fits = regex.testExact(name)
      if (ours.fits(name) !== fits) return false
      if (!fits) return true
      const matcher = regex.matcher(name)
      matcher.matches()
      const found = { ...ours.in(name) }
      compared += Object.keys(found).length
      return Object.keys(regex.namedGroups()).every((key) => found[key] === matcher.group(key))
    })
  }
  fc.assert(fc.property(pattern, fc.array(text, { minLength: 10, maxLength: 30 }), isSame), { numRuns: 1000 })
  t.true(compared > 100, `${compared}`)
})

function bracketed(open: string, inside: string, i: number): string {
  if (open === '') return inside
  return open === '(?<' ? `(?<g${i}>${inside})` : `(?:${inside})`
}
