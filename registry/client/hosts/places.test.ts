import test from 'ava'
import { mirrorPlace, placeOf } from './places.ts'
import { type HostRule, type HostSettings, noHostSettings } from './settings.ts'

const settings = (hosts: Readonly<Record<string, HostRule>>, more: Partial<HostSettings> = {}): HostSettings => ({
  ...noHostSettings,
  ...more,
  hosts: new Map(Object.entries(hosts)),
})

for (const [domain, given, host, schemes, isVerified] of [
  ['docker.io', noHostSettings, 'registry-1.docker.io', ['https'], true],
  ['index.docker.io', noHostSettings, 'registry-1.docker.io', ['https'], true],
  ['ghcr.test', noHostSettings, 'ghcr.test', ['https'], true],
  ['localhost:5000', noHostSettings, 'localhost:5000', ['http', 'https'], false],
  ['127.0.0.1:5000', noHostSettings, '127.0.0.1:5000', ['http', 'https'], false],
  ['[::1]:5000', noHostSettings, '[::1]:5000', ['http', 'https'], false],
  ['localhost:5000', settings({ 'localhost:5000': { isInsecure: false } }), 'localhost:5000', ['https'], true],
  ['a.test:5000', settings({ 'a.test:5000': { isInsecure: true } }), 'a.test:5000', ['https', 'http'], false],
  ['A.test:5000', settings({ 'a.test:5000': { isInsecure: true } }), 'A.test:5000', ['https', 'http'], false],
  ['a.test:5001', settings({ 'a.test:5000': { isInsecure: true } }), 'a.test:5001', ['https'], true],
  ['10.1.2.3:5000', settings({}, { insecureNetworks: ['10.0.0.0/8'] }), '10.1.2.3:5000', ['https', 'http'], false],
  ['11.1.2.3:5000', settings({}, { insecureNetworks: ['10.0.0.0/8'] }), '11.1.2.3:5000', ['https'], true],
  [
    '10.1.2.3',
    settings({ '10.1.2.3': { isInsecure: false } }, { insecureNetworks: ['10.0.0.0/8'] }),
    '10.1.2.3',
    ['https'],
    true,
  ],
  ['no-such-host.invalid', settings({}, { insecureNetworks: ['10.0.0.0/8'] }), 'no-such-host.invalid', ['https'], true],
  ['a.test', settings({}, { isAllInsecure: true }), 'a.test', ['https', 'http'], false],
] as const) {
  test(`${domain} is asked at ${host} by ${schemes.join()}, ${isVerified ? '' : 'not '}verified`, async (t) => {
    t.deepEqual(await placeOf(domain, given), { host, domain, schemes: [...schemes], isVerified })
  })
}

test('a mirror is asked as it is written, else as its host', async (t) => {
  t.deepEqual((await mirrorPlace('http://m.test:5000', noHostSettings)).schemes, ['http'])
  t.deepEqual((await mirrorPlace('https://localhost:5000', noHostSettings)).schemes, ['https'])
  t.deepEqual(await mirrorPlace('m.test', settings({ 'm.test': { isInsecure: true } })), {
    host: 'm.test',
    domain: 'm.test',
    schemes: ['https', 'http'],
    isVerified: false,
  })
})
