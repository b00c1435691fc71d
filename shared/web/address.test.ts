import test from 'ava'
import { isLoopback, parseAddress } from './address.ts'

const addresses: readonly [text: string, host: string | undefined, port: number][] = [
  ['127.0.0.1:5000', '127.0.0.1', 5000],
  [':5001', undefined, 5001],
  ['localhost', 'localhost', 5000],
  ['[::1]:0', '::1', 0],
  ['[fe80::1]', 'fe80::1', 5000],
  ['registry.example.org:443', 'registry.example.org', 443],
]
for (const [text, host, port] of addresses)
  test(`${text} is an address`, (t) => t.deepEqual(parseAddress(text, 'listen'), { host, port }))

for (const text of [
  '',
  '5000',
  '0:5000',
  '::1',
  '1.2.3.4:99999',
  'a b:1',
  'http://x:1',
  '[x]:1',
  'host:',
  ':',
  'x:y',
  '[::1',
])
  test(`${JSON.stringify(text)} is none`, (t) => {
    t.throws(() => parseAddress(text, '--listen'), { code: 'SERVER_CONFIG_INVALID', message: /^--listen: / })
  })

const loopback: readonly [address: string, is: boolean][] = [
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
  ['', false],
  ['localhost', false],
]
for (const [address, is] of loopback)
  test(`${address} is ${is ? '' : 'not '}of this machine alone`, (t) => t.is(isLoopback(address), is))
