import test from 'ava'
import fc from 'fast-check'
import { parsePattern } from './name-pattern.ts'
import { problemOfPattern } from './repository-pattern.ts'

const fitting: readonly [pattern: string, names: readonly string[], others: readonly string[]][] = [
  ['team/app', ['team/app'], ['team', 'team/app/x', 'team/ap', 'xteam/app']],
  ['team/*', ['team/app', 'team/a.b-c_d'], ['team', 'team/a/b', 'teams/app']],
  ['team/**', ['team/app', 'team/a/b/c'], ['teams/app', 'x/team/app']],
  ['*', ['app'], ['team/app']],
  ['**', ['app', 'team/app', 'a/b/c/d'], []],
  ['**/app', ['app', 'team/app', 'a/b/app'], ['apps', 'app/x']],
  ['a?c', ['abc', 'a-c'], ['ac', 'abbc', 'a/c']],
  ['{dev,test}/*', ['dev/x', 'test/y'], ['prod/x', 'dev,test/x']],
  ['v[0-9]/*', ['v1/x'], ['va/x', 'v10/x']],
  ['[!a]x', ['bx'], ['ax']],
]
for (const [pattern, names, others] of fitting) {
  test(`${pattern} fits what it should`, (t) => {
    t.is(problemOfPattern(pattern), undefined)
    const compiled = parsePattern(pattern)
    for (const name of names) t.true(compiled.matches(name), name)
    for (const name of others) t.false(compiled.matches(name), name)
  })
}

const refused: readonly [pattern: string, problem: RegExp][] = [
  ['', /empty/],
  ['a'.repeat(256), /255/],
  ['Team/*', /capital/],
  ['te am', /" "/],
  ['+(a|b)', /"\+"/],
  ['a\\*', /is in no name/],
  ['#a', /"#"/],
  ['\u00e4', /is in no name/],
  ['\u{1f600}', /is in no name/],
  ['../team', /two dots/],
  ['{1..100000}', /two dots/],
  ['/team', /\/ at an end/],
  ['team/', /\/ at an end/],
  ['a//b', /\/ at an end/],
  ['{a,b', /braces/],
  ['a}{b', /braces/],
  ['{a,{b,c}}', /braces in one another/],
  ['{a}', /one choice/],
  ['a,b', /comma/],
  ['{a,b}'.repeat(7), /more than 64/],
  [`{${'a,'.repeat(64)}a}`, /more than 64/],
  ['!team/*', /class/],
  ['[a', /class/],
  ['a]', /class/],
  ['[a/b]', /class/],
  ['[]', /class/],
]
for (const [pattern, problem] of refused)
  test(`${encodeURIComponent(pattern.slice(0, 40))} is refused`, (t) =>
    t.regex(problemOfPattern(pattern) ?? '', problem))

/** Patterns that take exponential time where a star is tried at every place again. */
const hostile = [
  `${'*a'.repeat(100)}b`,
  `${'**/a/'.repeat(40)}b`,
  `${'*'.repeat(200)}b`,
  `${'?*'.repeat(100)}b`,
  `${'a*/'.repeat(60)}**/b`,
  '{*a*a*a*a*b,**/*a*a*b}{*a*a*a*b,x}{*a*a*b,*a*b}',
  `${'[a-z]*'.repeat(40)}1`,
]
for (const pattern of hostile) {
  test(`${pattern.slice(0, 24)}... of ${pattern.length} characters takes no time`, (t) => {
    t.is(problemOfPattern(pattern), undefined)
    const compiled = parsePattern(pattern)
    const started = performance.now()
    for (const name of ['a'.repeat(255), `${'a/'.repeat(127)}a`, `${'aa/'.repeat(84)}aaa`])
      t.false(compiled.matches(name))
    t.true(performance.now() - started < 1000, `${performance.now() - started} ms`)
  })
}

test('whatever is let through is compiled, and compared in a short time', (t) => {
  const piece = fc.constantFrom('a', 'b', '*', '**', '?', '/', '{a,*b}', '[a-c]', '[!a]', '*a', '/**/', '-', '.')
  const name = fc.array(fc.constantFrom('a', 'b', 'ab', 'a/b', '/a'), { maxLength: 100 })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), name, (pieces, parts) => {
      const pattern = pieces.join('')
      if (problemOfPattern(pattern) !== undefined) return
      const started = performance.now()
      parsePattern(pattern).matches(parts.join('').slice(0, 255))
      t.true(performance.now() - started < 2000, pattern)
    }),
    { numRuns: 500, interruptAfterTimeLimit: 5000 },
  )
})
