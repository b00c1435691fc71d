import { createServer } from 'node:http'
import test from 'ava'
import { createHttpClient } from '../../shared/net/http/client.ts'
import { addressGuard } from './address-guard.ts'
import { startReceiver } from './testing/receiver.ts'
import { endpointAt, openScene, settingsFor } from './testing/scene.ts'

const addresses: readonly [address: string, isRefused: boolean][] = [
  ['169.254.169.254', true],
  ['169.254.0.1', true],
  ['::ffff:169.254.169.254', true],
  ['::ffff:a9fe:a9fe', true],
  ['64:ff9b::a9fe:a9fe', true],
  ['2002:a9fe:a9fe::1', true],
  ['fe80::1', true],
  ['fe80::1%eth0', true],
  ['fd00:ec2::254', true],
  ['100.100.100.200', true],
  ['168.63.129.16', true],
  ['192.0.0.192', true],
  ['0.0.0.0', true],
  ['::', true],
  ['255.255.255.255', true],
  ['ff02::1', true],
  ['127.0.0.1', false],
  ['::1', false],
  ['10.1.2.3', false],
  ['192.168.1.1', false],
  ['93.184.216.34', false],
  ['2606:2800::1', false],
]
for (const [address, isRefused] of addresses) {
  test(`${address} is ${isRefused ? 'refused' : 'sent to'}`, (t) => t.is(addressGuard([])(address), isRefused))
}

test('networks that are allowed are excepted, and no others', (t) => {
  const refuses = addressGuard(['169.254.10.0/24', 'fe80::/64'])
  t.false(refuses('169.254.10.7'))
  t.false(refuses('fe80::1'))
  t.true(refuses('169.254.169.254'))
})

test('nothing is sent to an address that is refused, however it is written', async (t) => {
  const scene = await openScene(t)
  const urls = [
    'http://169.254.169.254/',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'http://0.0.0.0:1/',
  ]
  await scene.configure(settingsFor(urls.map((url, i) => endpointAt(url, { name: `n${i}` }))))
  await scene.push('a')
  const receiver = await startReceiver(t)
  for (const i of urls.keys()) {
    let failure: string | undefined
    await receiver.until(() => {
      void scene.status(`n${i}`).then(({ counts }) => (failure = counts?.failure))
      return failure !== undefined
    })
    t.regex(failure ?? '', /nothing may be sent to this address/)
  }
})

test('a name is refused by what it leads to when it is connected to', async (t) => {
  const server = createServer((_, response) => void response.end('here'))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const ask = async (refuses: (address: string) => boolean): Promise<number> => {
    const client = createHttpClient({ userAgent: 'test', refuses })
    t.teardown(() => client.close())
    return (await client.send({ method: 'GET', url: new URL(`http://localhost:${port}/`) })).status
  }
  t.is(await ask(() => false), 200)
  t.is(await ask((one) => one === '::1'), 200, 'another address of it is taken')
  await t.throwsAsync(
    ask(() => true),
    { message: /localhost: nothing may be sent to this address/ },
  )
})
