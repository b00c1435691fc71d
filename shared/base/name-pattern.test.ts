import test from 'ava'
import { BadPattern, parsePattern } from './name-pattern.ts'

for (const [pattern, fits, fitsNot] of [
  ['team/app', ['team/app'], ['team/app2', 'team', 'x/team/app', 'team/app/x']],
  ['team/*', ['team/app', 'team/a.b'], ['team', 'team/a/b', 'xteam/a']],
  ['team/**', ['team/app', 'team/a/b'], ['teams/a', 'a/team/b']],
  ['**', ['a', 'a/b', 'a/b/c'], []],
  ['**/cache', ['cache', 'a/cache', 'a/b/cache'], ['cache/a', 'acache']],
  ['*', ['a', 'v1.0'], ['a/b']],
  ['v*', ['v1', 'v1.2.3', 'v'], ['1v', 'V1', 'latest']],
  ['v[0-9]*', ['v1', 'v9.x'], ['v', 'vx']],
  ['{a,b}/c', ['a/c', 'b/c'], ['c', '{a,b}/c']],
  ['?.?', ['1.2'], ['1.22', '12']],
  ['.x', ['.x'], ['x']],
  ['*x', ['.x', 'x'], ['xy']],
] as const) {
  test(`${pattern} fits what it says`, (t) => {
    const parsed = parsePattern(pattern)
    t.is(parsed.text, pattern)
    for (const name of fits) t.true(parsed.matches(name), name)
    for (const name of fitsNot) t.false(parsed.matches(name), name)
  })
}

test('what begins with ! or # is a pattern like others, and not one of a shell', (t) => {
  t.false(parsePattern('!a').matches('b'))
  t.true(parsePattern('!a').matches('!a'))
})

for (const pattern of ['', 'a b', 'a\nb', '+(a|b)', 'ä', 'a'.repeat(257)]) {
  test(`no pattern: ${JSON.stringify(pattern.slice(0, 20))}`, (t) => {
    t.throws(() => parsePattern(pattern), { instanceOf: BadPattern })
  })
}

test('many stars and a long name take no long time', (t) => {
  const pattern = parsePattern(`${'*a'.repeat(100)}b`)
  const startedAt = performance.now()
  t.false(pattern.matches('a'.repeat(255)))
  t.false(parsePattern(`${'**/a/'.repeat(40)}b`).matches('a/'.repeat(127)))
  t.true(performance.now() - startedAt < 1000)
})
