import test from 'ava'
import { inNetworks, isNetwork } from './networks.ts'

for (const [text, is] of [
  ['10.0.0.0/8', true],
  ['::/0', true],
  ['10.0.0.0', false],
  ['10.0.0.0/33', false],
  ['example.org/8', false],
  ['10.0.0.0/8/8', false],
] as const) {
  test(`${text} is ${is ? 'a' : 'no'} network`, (t) => t.is(isNetwork(text), is))
}

test('an address is in a network however it is written, and what is none is in no network', (t) => {
  const isIn = inNetworks(['10.0.0.0/8', '2001:db8::/32', '::1/128'])
  for (const one of ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '2001:DB8::7', '2001:db8::7%eth0', '::1'])
    t.true(isIn(one), one)
  for (const one of ['11.1.2.3', '::ffff:11.1.2.3', '2001:db9::7', '::2', 'localhost', '10.1.2', '', '10.0.0.0/8'])
    t.false(isIn(one), one)
  t.false(inNetworks([])('10.1.2.3'))
})
