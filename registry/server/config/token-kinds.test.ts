import test from 'ava'
import { BadValue } from '../../../shared/config/kinds.ts'
import { isOpen } from './openness.ts'
import { configOf, settingsOf } from './read.ts'
import { tokenIssuers, tokenRealm } from './token-kinds.ts'

const issuer = { name: 'ci', issuer: 'https://ci', audience: 'here', keys: 'https://ci/keys' }

test('an issuer has usual claims unless told, and is written as it was read', (t) => {
  const read = tokenIssuers.read([issuer])
  t.deepEqual(read, [{ ...issuer, access: '', subject: 'sub', groups: 'groups' }])
  t.deepEqual(tokenIssuers.read(tokenIssuers.show(read)), read)
})

const wrong: Readonly<Record<string, readonly [value: unknown, message: RegExp]>> = {
  'what is no list': ['ci', /expected a list of issuers/],
  'an issuer that is a text': [['ci'], /issuer 1: expected name, issuer/],
  'an unknown key': [[{ ...issuer, audiense: 'x' }], /audiense.*did you mean audience\?/],
  'a missing name': [[{ ...issuer, name: undefined }], /issuer 1: name: expected a text/],
  'an empty audience': [[{ ...issuer, audience: '' }], /issuer 1: audience: expected a text/],
  'a name with a slash': [[{ ...issuer, name: 'a/b' }], /issuer 1: name: expected letters/],
  'two of one name': [[issuer, { ...issuer, issuer: 'https://other' }], /two issuers have one name/],
  'two that are the same': [[issuer, { ...issuer, name: 'other' }], /two issuers have one issuer/],
  'keys by plain http': [[{ ...issuer, keys: 'http://ci/keys' }], /expected a file, or an https URL/],
  'keys by another protocol': [[{ ...issuer, keys: 'ftp://ci/keys' }], /expected a file, or an https URL/],
}

for (const [what, [value, message]] of Object.entries(wrong)) {
  test(`${what} is refused`, (t) => {
    const error = t.throws(() => tokenIssuers.read(value), { instanceOf: BadValue })
    t.regex(error.message, message)
  })
}

test('keys come from a file, or by plain http from this machine', (t) => {
  for (const keys of ['/etc/keys.json', 'keys.json', 'http://127.0.0.1:8000/keys', 'http://localhost/keys']) {
    t.is(tokenIssuers.read([{ ...issuer, keys }])[0]?.keys, keys)
  }
})

test('a realm is an URL, or none', (t) => {
  for (const url of ['', 'https://registry.example/token']) t.is(tokenRealm.read(url), url)
  for (const url of ['registry.example', '/token', 'https://x/"', 5, 'file:///token']) {
    t.throws(() => tokenRealm.read(url), { instanceOf: BadValue })
  }
})

const problemsOf = (token: object): string => {
  try {
    configOf([settingsOf({ token }, 'file')])
    return ''
  } catch (error) {
    return String(error)
  }
}

test('what of tokens cannot be had together is told', (t) => {
  t.is(problemsOf({ issuers: [issuer] }), '')
  t.regex(problemsOf({ life: '59s' }), /token\.life/)
  t.regex(problemsOf({ life: '2d' }), /token\.life/)
  t.regex(problemsOf({ issuers: [issuer], enabled: false }), /token\.issuers: is used with token\.enabled only/)
  t.regex(problemsOf({ issuers: [issuer], service: issuer.issuer }), /none can be called as token\.service is/)
  const realm = 'https://registry.example/token'
  t.is(problemsOf({ issuers: [issuer], service: issuer.issuer, realm }), '', 'that registry gives the tokens')
  t.regex(problemsOf({ service: 'a"b' }), /token\.service/)
})

test('a registry that believes an issuer is not open', (t) => {
  t.true(isOpen(configOf([])))
  t.false(isOpen(configOf([settingsOf({ token: { issuers: [issuer] } }, 'file')])))
})
