import test from 'ava'
import { pathMembers, pathText } from './path-text.ts'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

const cases: readonly (readonly [path: string, text: string])[] = [
  ['', '/'],
  ['etc/passwd', '/etc/passwd'],
  [latin1('a/é/日本'), '/a/é/日本'],
  ['a\nb', '/a\\x0ab'],
  ['a\u001b[2J', '/a\\x1b[2J'],
  ['a\\x0ab', '/a\\\\x0ab'],
  [latin1('a\u009b2J'), '/a\\u{9b}2J'],
  [latin1('a\u202etxt'), '/a\\u{202e}txt'],
  ['a\xff\xc3', '/a\\xff\\xc3'],
  ['\xe9\\', '/\\xe9\\\\'],
]
for (const [path, text] of cases) {
  test(`${JSON.stringify(path)} is shown as ${text}`, (t) => t.is(pathText(path), text))
}

test('a path that is no text comes with its bytes in JSON', (t) => {
  t.deepEqual(pathMembers(latin1('é')), { path: '/é' })
  const { bytes = '' } = pathMembers('a\xff')
  t.is(Buffer.from(bytes, 'base64').toString('latin1'), '/a\xff')
})
