import test from 'ava'
import { hostsFile, resolvConf } from './etc-files.ts'

test('hosts: localhost, the own name, and the pairs of the request, also IPv6 ones', (t) => {
  const lines = hostsFile('box', ['db:10.0.0.1', 'six:::1', 'bracketed:[fe80::1]']).split('\n')
  t.is(lines[0], '127.0.0.1\tlocalhost')
  t.deepEqual(lines.slice(-5), ['127.0.0.1\tbox', '10.0.0.1\tdb', '::1\tsix', 'fe80::1\tbracketed', ''])
})

const host = '# by hand\nsearch example.org\nnameserver 192.0.2.1\n\n nameserver 192.0.2.2\noptions ndots:2\n'
const rows = [
  ['host', undefined, '# by hand\nsearch example.org\nnameserver 192.0.2.1\n nameserver 192.0.2.2\noptions ndots:2\n'],
  [
    'default',
    undefined,
    '# by hand\nsearch example.org\nnameserver 192.0.2.1\n nameserver 192.0.2.2\noptions ndots:2\n',
  ],
  ['default', '10.0.2.3', 'nameserver 10.0.2.3\n# by hand\nsearch example.org\noptions ndots:2\n'],
  ['none', undefined, '# by hand\nsearch example.org\noptions ndots:2\n'],
] as const

for (const [network, server, expected] of rows) {
  test(`resolv.conf with network ${network} and server ${server}`, (t) =>
    t.is(resolvConf(host, network, server), expected))
}

test('a host without servers gives an empty file', (t) => {
  t.is(resolvConf('', 'host'), '')
  t.is(resolvConf('nameserver 1.1.1.1', 'none'), '')
})
