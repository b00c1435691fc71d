import test from 'ava'
import { IbuildError } from '../../../shared/base/errors.ts'
import { mergeHostSettings, noHostSettings, parseDaemonSettings, parseRegistriesFile } from './settings.ts'

const file = '/etc/ibuild/registries.yaml'

test('a file says of hosts what is to be known', (t) => {
  const { hosts } = parseRegistriesFile(
    {
      registries: {
        'Registry.Test:5000': { insecure: true, ca: '/ca.crt' },
        'docker.io': { mirrors: ['https://m.test/', 'm2.test:5000'] },
        x: null,
        y: { ca: 'pki/y.crt' },
      },
    },
    file,
  )
  t.deepEqual(Object.fromEntries(hosts), {
    'registry.test:5000': { isInsecure: true, mirrors: undefined, caFile: '/ca.crt' },
    'docker.io': { isInsecure: undefined, mirrors: ['https://m.test', 'm2.test:5000'], caFile: undefined },
    x: { isInsecure: undefined, mirrors: undefined, caFile: undefined },
    y: { isInsecure: undefined, mirrors: undefined, caFile: '/etc/ibuild/pki/y.crt' },
  })
  t.deepEqual(parseRegistriesFile(null, file), noHostSettings)
  t.deepEqual(parseRegistriesFile({}, file), noHostSettings)
})

for (const [value, pattern] of [
  [[], /registries\.yaml: expected an object/],
  [{ registry: {} }, /registries\.yaml\.registry: is not known; there are registries/],
  [{ registries: [] }, /registries: expected an object/],
  [
    { registries: { 'a.test': { insecur: true } } },
    /registries\.a\.test\.insecur: is not known; there are insecure, mirrors, ca/,
  ],
  [{ registries: { 'a.test': { insecure: 'yes' } } }, /a\.test\.insecure: expected true or false/],
  [{ registries: { 'https://a.test': {} } }, /is not a host/],
  [{ registries: { 'a.test/path': {} } }, /is not a host/],
  [{ registries: { 'a.test': { mirrors: 'b' } } }, /mirrors: expected an array/],
  [{ registries: { 'a.test': { mirrors: ['ftp://b'] } } }, /mirrors\[0\]: is not a host/],
  [{ registries: { 'a.test': { mirrors: ['https://b/path'] } } }, /mirrors\[0\]: is not a host/],
  [{ registries: { 'a.test': { mirrors: ['https://u:p@b'] } } }, /mirrors\[0\]: is not a host/],
  [{ registries: { 'a.test': { mirrors: Array.from({ length: 17 }, () => 'b') } } }, /more than 16/],
] as const) {
  test(`refused: ${JSON.stringify(value).slice(0, 60)}`, (t) => {
    const error = t.throws(() => parseRegistriesFile(value, file), { instanceOf: IbuildError })
    t.is(error.code, 'REGISTRIES_INVALID')
    t.regex(error.message, pattern)
  })
}

test("Docker's daemon tells of insecure hosts and networks, and of mirrors of the Hub", (t) => {
  const { hosts, insecureNetworks } = parseDaemonSettings({
    'insecure-registries': ['a.test:5000', '10.0.0.0/8', 'http://b.test/', 7, 'bad host'],
    'registry-mirrors': ['https://m.test/', 'no scheme', 'https://m.test/path'],
    'log-driver': 'x',
  })
  t.deepEqual(Object.fromEntries(hosts), {
    'a.test:5000': { isInsecure: true },
    'b.test': { isInsecure: true },
    'docker.io': { mirrors: ['https://m.test'] },
  })
  t.deepEqual(insecureNetworks, ['10.0.0.0/8'])
  for (const value of [null, [], 'x', { 'insecure-registries': 'a', 'registry-mirrors': {} }])
    t.is(parseDaemonSettings(value).hosts.size, 0)
})

test('of two settings the first counts, word by word', (t) => {
  const first = parseRegistriesFile(
    { registries: { 'a.test': { insecure: false }, 'docker.io': { mirrors: [] } } },
    file,
  )
  const second = parseDaemonSettings({
    'insecure-registries': ['a.test', 'b.test'],
    'registry-mirrors': ['https://m.test'],
  })
  const { hosts } = mergeHostSettings(first, second)
  t.deepEqual(
    ['a.test', 'b.test'].map((host) => hosts.get(host)?.isInsecure),
    [false, true],
  )
  t.deepEqual(hosts.get('docker.io')?.mirrors, [])
})
