import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { inNetworks } from '../../shared/net/networks.ts'
import { type Client, clientOf, type IsProxy } from '../../shared/web/client-of.ts'
import { serve } from './testing/served.ts'

const isProxy = inNetworks(['10.0.0.0/8', 'fd00::/8'])

function requestFrom(address: string | undefined, headers: Readonly<Record<string, string>>): IncomingMessage {
  const socket = new Socket()
  Object.defineProperties(socket, { remoteAddress: { value: address }, remotePort: { value: 4711 } })
  return Object.assign(new IncomingMessage(socket), { headers: { host: 'here:5000', ...headers } })
}

/** Of a request that came from an address with these headers of proxies. */
function client(address: string, headers: Readonly<Record<string, string>>, known: IsProxy = isProxy): Client {
  const named = Object.entries(headers).map(([name, value]) => [`x-forwarded-${name}`, value])
  return clientOf(requestFrom(address, Object.fromEntries(named)), known)
}

const addresses: readonly [from: string, list: string, address: string][] = [
  // who is no proxy is believed nothing
  ['192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['192.0.2.1', '10.0.0.1, 10.0.0.2', '192.0.2.1'],
  // a proxy writes behind what a client made up
  ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '127.0.0.1, 198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '10.0.0.9, 198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '203.0.113.1,10.0.0.3,198.51.100.7 ,10.0.0.2', '198.51.100.7'],
  ['10.0.0.1', `${'203.0.113.1, '.repeat(1000)}198.51.100.7`, '198.51.100.7'],
  [`10.0.0.1`, `${' '.repeat(9000)}198.51.100.7`, '198.51.100.7'],
  // all of them proxies
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['10.0.0.1', '10.0.0.1, '.repeat(40), '10.0.0.1'],
  // what is no address ends the list: then it is the proxy that sent it
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', 'unknown', '10.0.0.1'],
  ['10.0.0.1', '198.51.100.7, unknown', '10.0.0.1'],
  ['10.0.0.1', '198.51.100.7, _hidden, 10.0.0.2', '10.0.0.2'],
  ['10.0.0.1', '198.51.100.7, ', '10.0.0.1'],
  ['10.0.0.1', '198.51.100.07', '10.0.0.1'],
  ['10.0.0.1', '198.51.100.7:99999999', '10.0.0.1'],
  ['10.0.0.1', '<script>', '10.0.0.1'],
  ['10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
  ['10.0.0.1', '[198.51.100.7', '10.0.0.1'],
  // as some write them, in the form that sockets have
  ['10.0.0.1', '198.51.100.7:1234', '198.51.100.7'],
  ['10.0.0.1', '[2001:db8::7]:1234', '2001:db8::7'],
  ['10.0.0.1', '[2001:DB8:0:0::7]', '2001:db8::7'],
  ['10.0.0.1', '2001:DB8:0::7', '2001:db8::7'],
  ['::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['fd00::1', '198.51.100.7, ::ffff:10.0.0.2', '198.51.100.7'],
]
for (const [from, list, address] of addresses) {
  const shown = `${list.trim().slice(-60)}${list.length > 60 ? ` (${list.length})` : ''}`
  test(`${JSON.stringify(shown)} from ${from} is from ${address}`, (t) =>
    t.is(client(from, { for: list }).address, address))
}

test('a port is known only of who made the connection', (t) => {
  t.is(client('192.0.2.1', {}).port, 4711)
  t.is(client('10.0.0.1', {}).port, 4711)
  t.is(client('10.0.0.1', { for: '198.51.100.7:1' }).port, undefined)
})

const reached: readonly [headers: Readonly<Record<string, string>>, origin: string][] = [
  [{}, 'http here:5000'],
  [{ for: '198.51.100.7', proto: 'https', host: 'reg.example' }, 'https reg.example'],
  [{ proto: 'HTTPS' }, 'https here:5000'],
  [{ proto: 'gopher', host: '' }, 'http here:5000'],
  // the client's own words stand before those of the proxy
  [{ for: '1.1.1.1, 198.51.100.7', proto: 'https, http', host: 'evil.example, reg.example' }, 'http reg.example'],
  // of two proxies the first one was asked by the client
  [{ for: '198.51.100.7, 10.0.0.2', proto: 'https, http', host: 'reg.example, inner:8080' }, 'https reg.example'],
  [{ for: '1.1.1.1, 198.51.100.7, 10.0.0.2', proto: 'http, https, http' }, 'https here:5000'],
  // one of the two hands on what the other one wrote
  [{ for: '198.51.100.7, 10.0.0.2', proto: 'https', host: 'reg.example' }, 'https reg.example'],
]
for (const [headers, origin] of reached) {
  test(`${JSON.stringify(headers)} is reached by ${origin}`, (t) => {
    const { host, isEncrypted } = client('10.0.0.1', headers)
    t.is(`${isEncrypted ? 'https' : 'http'} ${host}`, origin)
    const other = client('192.0.2.1', headers)
    t.deepEqual([other.host, other.isEncrypted], ['here:5000', false], 'who is no proxy is not believed')
  })
}

test('nobody is believed where no proxies are known, and a connection that is gone has no address', (t) => {
  const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-host': 'evil' }
  t.like(clientOf(requestFrom('10.0.0.1', headers)), { address: '10.0.0.1', host: 'here:5000' })
  t.is(clientOf(requestFrom(undefined, headers), () => true).address, undefined)
})

test('whatever a client writes before it, he is the one whom the proxy saw', (t) => {
  const forged = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.9', ',', ' , ', '::ffff:10.0.0.2'))
  const property = fc.property(
    fc.array(forged, { maxLength: 30 }),
    fc.integer({ min: 0, max: 15 }),
    (words, between) => {
      const proxies = Array.from({ length: between }, (_, i) => `10.1.0.${i}`)
      const list = [...words, '198.51.100.7', ...proxies].join(', ')
      return client('10.0.0.1', { for: list }).address === '198.51.100.7'
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: 300 }))
})

test('what is told of a request has the client whom a proxy tells of, and only such a proxy', async (t) => {
  const headers = { 'x-forwarded-for': ['203.0.113.1', '198.51.100.7'] }
  for (const [known, address] of [
    [inNetworks(['127.0.0.0/8']), '198.51.100.7'],
    [inNetworks(['10.0.0.0/8']), '127.0.0.1'],
    [undefined, '127.0.0.1'],
  ] as const) {
    const { ask, finished } = await serve(t, { isProxy: known })
    t.is((await ask('GET', '/v2/', { headers })).status, 200)
    t.is(finished[0]?.remoteAddress, address)
  }
})
