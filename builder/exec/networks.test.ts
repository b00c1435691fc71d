import fs from 'node:fs'
import net from 'node:net'
import test from 'ava'
import { createNetworks } from './networks.ts'
import { findProgram } from './programs.ts'
import { openBox, rootTest } from './testing.ts'

test('none is a new network, host the one there is, and neither needs a helper', async (t) => {
  const notices: string[] = []
  const networks = createNetworks({ helper: '/no/such/helper', onNotice: (text) => notices.push(text) })
  t.like(await networks.acquire('none'), { namespace: 'new', enter: undefined, nameServer: undefined })
  t.like(await networks.acquire('host'), { namespace: 'inherited', enter: undefined, nameServer: undefined })
  t.deepEqual(notices, [])
})

test('without a helper default is the network of the host, said once', async (t) => {
  const notices: string[] = []
  const networks = createNetworks({ helper: undefined, onNotice: (text) => notices.push(text) })
  for (let run = 0; run < 3; run++)
    t.like(await networks.acquire('default'), { namespace: 'inherited', enter: undefined })
  t.is(notices.length, 1)
})

for (const helper of ['/no/such/helper', '/bin/false']) {
  rootTest(`a helper that does not work (${helper}) is said once`, [], async (t) => {
    const notices: string[] = []
    const networks = createNetworks({ helper, onNotice: (text) => notices.push(text) })
    for (let run = 0; run < 2; run++) t.is((await networks.acquire('default')).enter, undefined)
    t.is(notices.length, 1)
  })
}

rootTest('a private network is used again when it is free, and not shared', ['slirp4netns'], async (t) => {
  const helper = findProgram('slirp4netns')
  const networks = createNetworks({ helper, onNotice: (text) => t.fail(text), keep: 50 })
  const [first, second] = [await networks.acquire('default'), await networks.acquire('default')]
  t.not(first.enter, undefined)
  t.not(first.enter, second.enter)
  first.release()
  const third = await networks.acquire('default')
  t.is(third.enter, first.enter)
  for (const one of [second, third]) one.release()
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.throws(() => fs.fstatSync(first.enter ?? -1), { code: 'EBADF' }, 'an unused one is closed')
})

rootTest(
  'default reaches other hosts, but no server on loopback of this one',
  ['busybox', 'slirp4netns'],
  async (t) => {
    const box = await openBox(t)
    const server = net.createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as net.AddressInfo
    const ask = (host: string): string => `busybox nc -w 2 ${host} ${port} </dev/null || echo refused;`
    const { stdout } = await box.sh(
      `ip -o addr show tap0; ${ask('10.0.2.2')} ${ask('127.0.0.1')} cat /etc/resolv.conf`,
      {
        network: 'default',
      },
    )
    t.regex(stdout, /inet 10\.0\.2\.100/)
    t.notRegex(stdout, /hello/)
    t.regex(stdout, /^nameserver 10\.0\.2\.3$/m)
    t.regex((await box.sh(ask('127.0.0.1'), { network: 'host' })).stdout, /hello/)
  },
)
