import test from 'ava'
import fc from 'fast-check'
import { parseChallenges } from './challenge.ts'

for (const [headers, expected] of [
  [[], []],
  [[''], []],
  [['Basic realm="x"'], [['basic', { realm: 'x' }]]],
  [['basic'], [['basic', {}]]],
  [
    ['Bearer realm="https://r/t",service="a b",scope="repository:a/b:pull,push"'],
    [['bearer', { realm: 'https://r/t', service: 'a b', scope: 'repository:a/b:pull,push' }]],
  ],
  [['Bearer realm = "x" , service=plain'], [['bearer', { realm: 'x', service: 'plain' }]]],
  [['BEARER REALM="x"'], [['bearer', { realm: 'x' }]]],
  [['Bearer realm="a\\"b\\\\c"'], [['bearer', { realm: 'a"b\\c' }]]],
  [
    ['Bearer realm="x", Basic realm="y"'],
    [
      ['bearer', { realm: 'x' }],
      ['basic', { realm: 'y' }],
    ],
  ],
  [
    ['Negotiate, Basic realm="y"'],
    [
      ['negotiate', {}],
      ['basic', { realm: 'y' }],
    ],
  ],
  [
    ['Basic realm="y"', 'Bearer realm="x"'],
    [
      ['basic', { realm: 'y' }],
      ['bearer', { realm: 'x' }],
    ],
  ],
  [['Bearer realm="x",,service="y",'], [['bearer', { realm: 'x', service: 'y' }]]],
  [['Bearer realm="unclosed'], [['bearer', { realm: '' }]]],
  [['realm="x"'], []],
  [['Bearer realm="x",error="invalid_token"'], [['bearer', { realm: 'x', error: 'invalid_token' }]]],
] as const) {
  test(`challenges in ${JSON.stringify(headers)}`, (t) => {
    const found = parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
    t.deepEqual<unknown, unknown>(found, expected)
  })
}

test('nothing that a server sends makes it fail or hang', (t) => {
  const word = fc.constantFrom('Bearer', 'Basic', ' ', ',', '"', '\\', '=', 'realm', 'x', '\u0000', 'é', '/')
  const property = fc.property(fc.array(word, { maxLength: 200 }), (words) =>
    Array.isArray(parseChallenges([words.join('')])),
  )
  t.notThrows(() => fc.assert(property, { numRuns: 300 }))
  const started = performance.now()
  for (const text of ['"', ',', '=', 'a ', 'a=', 'a="\\', 'Bearer a="'] as const)
    parseChallenges([text.repeat(100_000)])
  t.true(performance.now() - started < 2000)
})
