import test from 'ava'
import { isLoopback, parseAddress, refuseExposure } from './exposure.ts'
import { configOf, settingsOf } from './read.ts'

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

const exposures: readonly [addresses: readonly [string, string?], config: object, refused: RegExp | undefined][] = [
  [['127.0.0.1'], {}, undefined],
  [['127.0.0.1', '::1'], {}, undefined],
  [['127.0.0.1', '10.0.0.1'], {}, /^10\.0\.0\.9:9090: everyone[^\n]* metrics[^\n]*$/],
  [['127.0.0.1', '::'], { insecure: { plainHttp: true, anonymousPush: true } }, /metrics/],
  [['127.0.0.1', '10.0.0.1'], { tls: { mode: 'auto' } }, /metrics/],
  [['127.0.0.1', '10.0.0.1'], { insecure: { anonymousMetrics: true } }, undefined],
  [
    ['10.0.0.1', '10.0.0.1'],
    { insecure: { anonymousMetrics: true } },
    /^[^\n]*plain HTTP[^\n]*\n[^\n]*no accounts[^\n]*$/,
  ],
  [['10.0.0.1', '10.0.0.1'], {}, /plain HTTP.*\n.*no accounts.*\n.*metrics/],
  [['::'], {}, /plain HTTP.*\n.*no accounts/],
  [['10.0.0.1'], { tls: { mode: 'auto' } }, /^[^\n]*no accounts[^\n]*$/],
  [['10.0.0.1'], { insecure: { anonymousPush: true } }, /^[^\n]*plain HTTP[^\n]*$/],
  [['10.0.0.1'], { insecure: { plainHttp: true } }, /no accounts/],
  [['10.0.0.1'], { insecure: { anonymousPush: true }, tls: { mode: 'auto' } }, undefined],
  [['0.0.0.0'], { insecure: { anonymousPush: true, plainHttp: true } }, undefined],
]
for (const [list, object, refused] of exposures) {
  test(`on ${list.join()} ${JSON.stringify(object)} is ${refused === undefined ? 'served' : 'refused'}`, (t) => {
    const settings = settingsOf({ ...object, metrics: { listen: '10.0.0.9:9090' } }, 'f')
    const [registry, operators] = list
    const work = (): void => refuseExposure(configOf([settings]), { registry, operators })
    if (refused === undefined) t.notThrows(work)
    else t.throws(work, { code: 'EXPOSURE_REFUSED', message: refused })
  })
}
