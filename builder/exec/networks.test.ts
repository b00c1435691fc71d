import { execFile } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import { promisify } from 'node:util'
import test from 'ava'
import { type HelperProgram, pasta, slirp } from './network-helper.ts'
import { inNetworkNamespace } from './network-namespace.ts'
import { createNetworks } from './networks.ts'
import { findProgram, findTools } from './programs.ts'
import { openBox, rootTest, type Wanted } from './testing.ts'

test('none is a new network, host the one there is, and neither needs a helper', async (t) => {
  const notices: string[] = []
  const networks = createNetworks({ helper: slirp('/no/such/helper'), onNotice: (text) => notices.push(text) })
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
    const networks = createNetworks({ helper: slirp(helper), onNotice: (text) => notices.push(text) })
    for (let run = 0; run < 2; run++) t.is((await networks.acquire('default')).enter, undefined)
    t.is(notices.length, 1)
  })
}

const run = promisify(execFile)

const helpers: readonly [Wanted, () => HelperProgram][] = [
  ['slirp4netns', () => slirp(findProgram('slirp4netns') ?? '')],
  ['pasta', () => pasta(findProgram('pasta') ?? '', findTools().deathSignal, '')],
]

for (const [name, helper] of helpers) {
  rootTest(`${name}: a private network is used again when it is free, and not shared`, [name], async (t) => {
    const networks = createNetworks({ helper: helper(), onNotice: (text) => t.fail(text), keep: 50 })
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

  rootTest(`${name}: none is kept once they are closed`, [name], async (t) => {
    const networks = createNetworks({ helper: helper(), onNotice: (text) => t.fail(text) })
    const [free, used] = [await networks.acquire('default'), await networks.acquire('default')]
    free.release()
    networks.close()
    t.throws(() => fs.fstatSync(free.enter ?? -1), { code: 'EBADF' })
    t.notThrows(() => fs.fstatSync(used.enter ?? -1))
    used.release()
    t.throws(() => fs.fstatSync(used.enter ?? -1), { code: 'EBADF' })
  })

  rootTest(
    `${name}: there is a way out, but none to a server on loopback of this host`,
    [name, 'busybox'],
    async (t) => {
      const box = await openBox(t)
      const networks = createNetworks({ helper: helper(), onNotice: (text) => t.fail(text) })
      const { enter } = await networks.acquire('default')
      const server = net.createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1')
      t.teardown(() => server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as net.AddressInfo
      const gateway = inNetworkNamespace(enter ?? -1, () => defaultGateway())
      const ask = (host: string): string => `busybox nc -w 1 ${host} ${port} </dev/null || echo refused;`
      const inside = await inNetworkNamespace(enter ?? -1, () =>
        run('sh', ['-c', `${ask(gateway)} ${ask('127.0.0.1')}`]),
      )
      t.is(inside.stdout, 'refused\nrefused\n')
      t.is((await box.sh(ask('127.0.0.1'), { network: 'host' })).stdout, 'hello\n')
    },
  )
}

/** The router of the calling thread's network, from the kernel's table (an address in hexadecimal, last byte first). */
function defaultGateway(): string {
  const table = fs.readFileSync('/proc/thread-self/net/route', 'latin1')
  const hex = /^\S+\t00000000\t([0-9A-F]{8})/m.exec(table)?.[1] ?? ''
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')
}

rootTest('a RUN finds the name server of its private network', ['busybox', 'slirp4netns'], async (t) => {
  const box = await openBox(t)
  const { stdout } = await box.sh('cat /etc/resolv.conf; ip -o addr', { network: 'default' })
  t.regex(stdout, /^nameserver /m)
  t.regex(stdout, /^\d+: (?!lo)\w+ .*inet /m)
})

for (const [text, expected] of [
  ['nameserver 192.0.2.1\n', undefined],
  ['nameserver 127.0.0.53\nnameserver 192.0.2.1', undefined],
  ['nameserver 127.0.0.53\n', '169.254.1.1'],
  ['nameserver ::1\n', '169.254.1.1'],
  ['', '169.254.1.1'],
] as const) {
  test(`pasta is asked for names when the host says ${JSON.stringify(text)}: ${expected}`, (t) => {
    t.is(pasta('/pasta', [], text).nameServer, expected)
  })
}
