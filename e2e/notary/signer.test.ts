import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { run } from '../testing/run.ts'
import { type Server, startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { startNotary } from './testing/ibuild-server.ts'
import { stockClient } from './testing/stock-client.ts'

const serveSigner = (root: string, listen: string, args: readonly string[] = []): Promise<Server> =>
  startServer(['--root', root, '--listen', listen, ...args], { command: ['notary', 'signer', 'serve'] })

/** A configuration whose signer is at an address, with what the signer made for its client. */
function remote(address: string, root: string): string {
  const tls = join(root, 'notary/signer/tls')
  const files = { ca: join(tls, 'ca.crt'), certificate: join(tls, 'client.crt'), key: join(tls, 'client.key') }
  return JSON.stringify({ signer: { mode: 'remote', address, ...files } })
}

needs(test, 'notary')('the server signs by a process that holds the keys, also after that was killed', async (t) => {
  t.timeout(180_000)
  const folder = temporaryFolder(t)
  const root = join(folder, 'keys')
  const first = await serveSigner(root, '127.0.0.1:0')
  t.teardown(() => first.stop('SIGKILL'))
  const { host: address } = new URL(first.url)
  mkdirSync(join(folder, 'web'))
  await using notary = await startNotary(join(folder, 'web'), { config: remote(address, root) })
  const client = stockClient(notary, join(folder, 'client'))
  const gun = 'localhost:5000/team/app'
  writeFileSync(join(folder, 'one'), 'one\n')
  await client.notary('init', gun)
  await client.notary('key', 'rotate', gun, 'snapshot', '-r')
  await client.notary('add', '-p', gun, 'v1', join(folder, 'one'))
  t.false(existsSync(join(folder, 'web/root/notary/signer')), 'the process that is reached from outside has no keys')
  t.is(await first.stop('SIGKILL'), 'SIGKILL')
  t.regex(await client.refused('add', '-p', gun, 'v2', join(folder, 'one')), /trust server/)
  t.regex(await stockClient(notary, join(folder, 'reader')).notary('list', gun), /v1/)
  const again = await serveSigner(root, address)
  t.teardown(() => again.stop('SIGKILL'))
  await client.notary('publish', gun)
  t.regex(await stockClient(notary, join(folder, 'another')).notary('list', gun), /v1[^]*v2/)
  t.is(await again.stop(), 0)
})

const relock = (...args: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, [ibuildScript, 'notary', 'signer', 'relock', ...args])

test('keys are locked with another secret, and then by that alone', async (t) => {
  t.timeout(120_000)
  const folder = temporaryFolder(t)
  const root = join(folder, 'keys')
  const phrase = join(folder, 'phrase')
  writeFileSync(phrase, 'open sesame\n')
  t.is(await (await serveSigner(root, '127.0.0.1:0')).stop(), 0)
  const done = await relock('--root', root, '--new-passphrase-file', phrase)
  t.is(done.code, 0, done.stderr)
  const [wrong, nothing] = await Promise.all([
    relock('--root', root, '--new-key-file', phrase),
    relock('--root', root, '--passphrase-file', phrase),
  ])
  t.regex(wrong.stderr, /has 11 bytes, not 32 to 4096.*SIGNER_INVALID/)
  t.is(nothing.code, 2)
  const refused = await t.throwsAsync(serveSigner(root, '127.0.0.1:0'))
  t.regex(refused.message, /locked with a passphrase, which was not given/)
  t.false(refused.message.includes('sesame'))
  t.is(await (await serveSigner(root, '127.0.0.1:0', ['--passphrase-file', phrase])).stop(), 0)
})
