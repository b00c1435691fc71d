import test from 'ava'
import { isInNetwork, proxiesIn, proxyAuthorization, proxyFor } from './proxy.ts'

const proxy = 'http://proxy.test:3128'

for (const [url, none, isUsed] of [
  ['https://a.test/', '', true],
  ['https://a.test/', '*', false],
  ['https://a.test/', 'b.test, a.test', false],
  ['https://a.test/', 'A.TEST', false],
  ['https://x.a.test/', 'a.test', false],
  ['https://xa.test/', 'a.test', true],
  ['https://a.test/', '.a.test', true],
  ['https://x.a.test/', '.a.test', false],
  ['https://x.a.test/', '*.a.test', false],
  ['https://a.test/', 'a.test:443', false],
  ['https://a.test/', 'a.test:8443', true],
  ['https://a.test:8443/', 'a.test:8443', false],
  ['http://a.test/', 'a.test:80', false],
  ['https://a.test./', 'a.test', false],
  ['https://10.1.2.3/', '10.0.0.0/8', false],
  ['https://11.1.2.3/', '10.0.0.0/8', true],
  ['https://10.1.2.3:5000/', '10.1.2.3', false],
  ['https://10.1.2.3:5000/', '10.1.2.3:5000', false],
  ['https://10.1.2.3:5000/', '10.1.2.3:5001', true],
  ['https://[fd00::1]/', 'fd00::/8', false],
  ['https://[fd00::1]/', '[fd00::1]:443', false],
  ['https://[fd00::1]/', 'fd00::1', false],
  ['https://[fe80::1]/', 'fd00::/8', true],
  ['https://a.test/', '10.0.0.0/8', true],
  ['https://a.test/', ',, ,', true],
  ['https://localhost:5000/', '', false],
  ['https://127.0.0.9/', '', false],
  ['https://[::1]:5000/', '', false],
] as const) {
  test(`${url} with NO_PROXY=${JSON.stringify(none)}`, (t) => {
    const settings = { http: proxy, https: proxy, none }
    t.is(proxyFor(new URL(url), settings)?.host, isUsed ? 'proxy.test:3128' : undefined)
  })
}

test('each scheme has its own proxy, a host alone is one for http', (t) => {
  const settings = { https: 'proxy.test:8080' }
  t.is(proxyFor(new URL('https://a.test'), settings)?.href, 'http://proxy.test:8080/')
  t.is(proxyFor(new URL('http://a.test'), settings), undefined)
})

for (const text of ['socks5://proxy.test', 'http://', 'ftp://x', ':']) {
  test(`not the address of a proxy: ${text}`, (t) => {
    t.throws(() => proxyFor(new URL('https://a.test'), { https: text }), { message: /HTTPS_PROXY/ })
  })
}

test('the environment is read in both cases, and an http proxy not from a request', (t) => {
  t.deepEqual(proxiesIn({ HTTP_PROXY: 'a', https_proxy: 'b', no_proxy: 'c' }), { http: 'a', https: 'b', none: 'c' })
  t.deepEqual(proxiesIn({ HTTP_PROXY: 'a', REQUEST_METHOD: 'GET' }), {
    http: undefined,
    https: undefined,
    none: undefined,
  })
  t.deepEqual(proxiesIn({ HTTPS_PROXY: '' }), { http: undefined, https: undefined, none: undefined })
})

test('user and password of a proxy are decoded', (t) => {
  t.is(proxyAuthorization(new URL('http://us%40er:p%3Ass@x')), `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`)
  t.is(proxyAuthorization(new URL('http://x')), undefined)
  for (const [written, meant] of [
    ['100%', '100%'],
    ['%zz^', '%zz^'],
    ['%ff', '%ff'],
    ['%C3%A4%', 'ä%'],
  ]) {
    const told = proxyAuthorization(new URL(`http://u:${written}@x`))
    t.is(told, `Basic ${Buffer.from(`u:${meant}`).toString('base64')}`)
  }
})

test('what is no network holds no address', (t) => {
  for (const network of ['10.0.0.0/33', '10.0.0.0/', 'x/8', '10.0.0.0', 'fd00::/129', '/8'])
    t.false(isInNetwork('10.0.0.1', network), network)
  t.false(isInNetwork('a.test', '0.0.0.0/0'))
})
