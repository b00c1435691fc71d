import test from 'ava'
import { BadPattern } from '../../shared/base/name-pattern.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { parseImagePattern } from './image-pattern.ts'

const fitting: readonly [pattern: string, names: readonly string[], others: readonly string[]][] = [
  ['**', ['busybox', 'localhost:5000/a/b'], []],
  [
    'docker.io/library/busybox',
    ['busybox', 'docker.io/busybox', 'index.docker.io/busybox'],
    ['busybox2', 'me/busybox'],
  ],
  [
    'docker.io/**',
    ['busybox', 'me/app', 'INDEX.docker.io/me/app', 'registry-1.docker.io/me/app', 'index.docker.io:0443/me/app'],
    ['quay.io/me/app', 'other.docker.io/me/app'],
  ],
  ['reg.example.com/team/*', ['reg.example.com/team/app'], ['reg.example.com/team/a/b', 'xreg.example.com/team/app']],
  [
    'reg.example.com/**',
    [
      'REG.Example.com/a',
      'reg.example.com:443/a',
      'reg.example.com:80/a',
      'reg.example.com:0443/a',
      'reg.example.com:00080/a',
    ],
    ['reg.example.com:5000/a'],
  ],
  ['reg.example.com:443/**', ['reg.example.com/a'], ['reg.example.com:4430/a']],
  [
    '*.example.com/**',
    ['a.example.com/x', 'a.b.example.com/x', 'a.example.com:443/x'],
    ['example.com/x', 'aexample.com/x'],
  ],
  ['*.example.com:5000/**', ['a.example.com:5000/x', 'A.example.com:05000/x'], ['a.example.com/x']],
  ['localhost:5000/**', ['localhost:5000/x'], ['localhost/x', '127.0.0.1:5000/x']],
  ['*/team/**', ['reg.example.com/team/x', 'docker.io/team/x'], ['reg.example.com/x/team']],
  ['[::1]:5000/x', ['[::1]:5000/x', '[0:0::1]:5000/x', '[::0001]:05000/x'], ['localhost:5000/x']],
  [
    '127.0.0.1:5000/**',
    ['127.0.0.1:5000/x', '127.1:5000/x', '0x7f.0.0.1:5000/x', '2130706433:5000/x'],
    ['127.0.0.2:5000/x'],
  ],
  ['reg.example.com:70000/x', ['reg.example.com:70000/x'], ['reg.example.com/x']],
]
for (const [pattern, names, others] of fitting) {
  test(`${pattern} fits what it should`, (t) => {
    const { matches } = parseImagePattern(pattern)
    for (const name of names) t.true(matches(parseReference(name)), name)
    for (const name of others) t.false(matches(parseReference(name)), name)
  })
}

const refused: readonly [pattern: string, problem: RegExp][] = [
  ['', /has no host/],
  ['*', /has no host/],
  ['busybox', /has no host/],
  ['team/app', /"team" is no host: images of the Hub are docker.io/],
  ['Reg.example.com/app', /is no host/],
  ['reg.*.com/app', /is no host/],
  ['docker.io/busybox', /official ones are docker.io\/library\/busybox/],
  ['docker.io/*', /fits no image/],
  ['reg.example.com/', /is empty/],
  ['reg.example.com/App', /capital/],
  ['reg.example.com/app:1', /":"/],
]
for (const [pattern, problem] of refused)
  test(`${JSON.stringify(pattern)} is refused`, (t) => {
    const error = t.throws(() => parseImagePattern(pattern), { instanceOf: BadPattern })
    t.regex(error?.message ?? '', problem)
  })
