import test from 'ava'
import fc from 'fast-check'
import { parseHtpasswd, withAccount, withoutAccount } from './htpasswd.ts'

const digest = 'abcdefghijklmnopqrstu.ABCDEFGHIJKLMNOPQRSTUVWXYZ01234'
const [hash, other] = [`$2b$10$${digest}`, `$2b$05$${digest}`]

test('accounts come in the order of their lines, between comments and empty lines', (t) => {
  const text = `# made by hand\r\n\nann:$2y$10$${digest}\r\n  \nAnn:$2a$05$${digest}\nb b:${hash}`
  t.deepEqual(parseHtpasswd(text, 'f'), [
    { name: 'ann', hash },
    { name: 'Ann', hash: other },
    { name: 'b b', hash },
  ])
  t.deepEqual(parseHtpasswd('', 'f'), [])
})

const refused: readonly [lines: string, message: RegExp][] = [
  ['ann', /^f, line 1: is not NAME:HASH$/],
  [`# c\n:${hash}`, /^f, line 2: the name is empty$/],
  [`a\u0308:${hash}`, /^f, line 1: the name is not in the Unicode form NFC$/],
  [`ann:${hash}\nbob:${hash}\nann:${other}`, /^f, line 3: the account is in line 1 already$/],
  ['ann:$apr1$x$secretsecret', /^f, line 1: the password of ann is an MD5 hash; only bcrypt is taken$/],
  ['ann:{SHA}secretsecret=', /a SHA-1 hash without salt/],
  ['ann:$6$x$secretsecret', /a SHA-2 hash of crypt/],
  ['ann:$5$x$secretsecret', /a SHA-2 hash of crypt/],
  ['ann:secretsecret1', /a DES hash of crypt/],
  ['ann:secretsecret', /not hashed at all/],
  ['ann:', /is empty/],
  [`ann:$2x$10$${digest}`, /a bcrypt hash that is not written/],
  [`ann:${hash}secretsecret`, /a bcrypt hash that is not written/],
  [`ann:${hash}:1000`, /a bcrypt hash that is not written/],
  [`ann:${hash} `, /a bcrypt hash that is not written/],
  [`ann:$2b$03$${digest}`, /the bcrypt cost of ann is 3; from 4 to 16/],
  [`ann:$2b$17$${digest}`, /the bcrypt cost of ann is 17/],
]
for (const [text, message] of refused) {
  test(`${JSON.stringify(text)} is refused by its line`, (t) => {
    const error = t.throws(() => parseHtpasswd(text, 'f'), { code: 'ACCOUNTS_INVALID', message })
    t.notRegex(error?.message ?? '', /secret/)
  })
}

test('a change of one account leaves every other line as it is', (t) => {
  const text = `# ann: is my friend\r\n\nann:${hash}\nanna:${hash}`
  t.is(withAccount(text, { name: 'ann', hash: other }), `# ann: is my friend\n\nann:${other}\nanna:${hash}\n`)
  t.is(
    withAccount(text, { name: 'bob', hash: other }),
    `# ann: is my friend\n\nann:${hash}\nanna:${hash}\nbob:${other}\n`,
  )
  t.is(withoutAccount(text, 'ann'), `# ann: is my friend\n\nanna:${hash}\n`)
  t.is(withAccount('', { name: 'a', hash }), `a:${hash}\n`)
  t.is(withoutAccount(`a:${hash}\n`, 'a'), '')
})

test('what changes did is what a map would have', (t) => {
  const name = fc.constantFrom('a', 'A', 'ab', 'a b', '__proto__')
  const step = fc.record({ name, hash: fc.constantFrom(hash, other), adds: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const model = new Map<string, string>()
      let text = '# head\n'
      for (const one of steps) {
        text = one.adds ? withAccount(text, one) : withoutAccount(text, one.name)
        if (one.adds) model.set(one.name, one.hash)
        else model.delete(one.name)
      }
      t.deepEqual(new Map(parseHtpasswd(text, 'f').map((entry) => [entry.name, entry.hash])), model)
    }),
    { numRuns: 200 },
  )
})
