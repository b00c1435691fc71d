import test from 'ava'
import { parseGun } from '../tuf/gun.ts'
import { hostOfGun, parseTrustServer, trustServerFor } from './server-address.ts'

for (const [gun, host, server] of [
  ['docker.io/library/alpine', 'docker.io', 'https://notary.docker.io/'],
  ['localhost:5000/team/app', 'localhost:5000', 'https://localhost:5000/'],
  ['localhost/app', 'localhost', 'https://localhost/'],
  ['host.example/app', 'host.example', 'https://host.example/'],
  ['127.0.0.1:4443/a/b', '127.0.0.1:4443', 'https://127.0.0.1:4443/'],
] as const) {
  test(`the trust server of ${gun}`, (t) => {
    t.is(hostOfGun(parseGun(gun)), host)
    t.is(trustServerFor(parseGun(gun), undefined).href, server)
    t.is(trustServerFor(parseGun(gun), '').href, server)
    t.is(trustServerFor(parseGun(gun), 'https://trust.example:4443').href, 'https://trust.example:4443/')
  })
}

test('a name without host needs a server that is named', (t) => {
  t.throws(() => trustServerFor(parseGun('team/app'), undefined), { code: 'USAGE' })
  t.is(trustServerFor(parseGun('app'), 'https://trust.example').href, 'https://trust.example/')
})

for (const text of [
  'http://host:4443',
  'host:4443',
  '//host',
  'https://user:secret@host',
  'https://host/?x',
  'ftp://host',
  'x',
])
  test(`${text} is no address of a trust server`, (t) => {
    const error = t.throws(() => parseTrustServer(text), { code: 'USAGE' })
    t.false(error.message.includes('secret'))
  })
