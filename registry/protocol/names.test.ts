import test from 'ava'
import { RegistryError } from './error.ts'
import { isName, parseDigestParameter, parseManifestRef, parseName, parseTag } from './names.ts'

const hex = (count: number): string => 'a'.repeat(count)

for (const name of ['a', 'a/b', 'a-b', 'a--b', 'a_b', 'a__b', 'a.b', '0/1', 'a/blobs/uploads', `a/${hex(253)}`]) {
  test(`a name: ${name.slice(0, 40)}`, (t) => t.is<string, string>(parseName(name), name))
}

for (const name of [
  '',
  'A',
  'a/',
  '/a',
  'a//b',
  'a/../b',
  '.',
  '..',
  '_a',
  '-a',
  'a-',
  'a___b',
  'a..b',
  'a%2fb',
  'a\0',
  'a\n',
  'ä',
  hex(256),
]) {
  test(`no name: ${JSON.stringify(name.slice(0, 40))}`, (t) => {
    t.false(isName(name))
    const error = t.throws(() => parseName(name), { instanceOf: RegistryError })
    t.deepEqual([error.code, error.status], ['NAME_INVALID', 400])
  })
}

test('a name that is nearly one is refused in no time, however long it is', (t) => {
  t.false(isName('a-'.repeat(127)))
  t.false(isName(`${'a'.repeat(1e6)}!`))
})

test('a manifest is asked for by tag or digest', (t) => {
  t.deepEqual(parseManifestRef('v1'), { tag: 'v1' })
  const digest = `sha512:${hex(128)}`
  t.deepEqual(parseManifestRef(digest), { digest: parseDigestParameter(digest) })
})

for (const text of [
  'sha256:x',
  `sha256:${hex(63)}`,
  `sha256:${hex(64).toUpperCase()}`,
  `md5:${hex(32)}`,
  'a:b',
  '::',
  `sha256:${hex(64)}/..`,
]) {
  test(`no digest: ${text.slice(0, 7)}... of ${text.length}, ending in ${text.slice(-3)}`, (t) => {
    t.is(t.throws(() => parseManifestRef(text), { instanceOf: RegistryError }).code, 'DIGEST_INVALID')
  })
}

for (const text of ['', '.a', '-a', 'a/b', '..', 'a b', 'ä', hex(129)]) {
  test(`no tag: ${JSON.stringify(text.slice(0, 40))}`, (t) => {
    t.is(t.throws(() => parseTag(text), { instanceOf: RegistryError }).code, 'TAG_INVALID')
  })
}
