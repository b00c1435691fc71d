import { X509Certificate } from 'node:crypto'
import { chmodSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const wanted = [
  'gc.password',
  'signer',
  'signer.key',
  'signer/ca.crt',
  'signer/ca.key',
  'signer/client.crt',
  'signer/client.key',
  'signer/server.crt',
  'signer/server.key',
  'tls',
  'tls/ca.crt',
  'tls/ca.key',
  'tls/server.crt',
  'tls/server.key',
]

interface Made {
  readonly space: Workspace
  readonly folder: string
  readonly read: (name: string) => string
}

async function make(t: ExecutionContext, ...words: readonly string[]): Promise<Made> {
  const space = await makeWorkspace(t)
  const folder = join(space.folder, 'credentials')
  await space.ok(['credentials', folder, ...words])
  return { space, folder, read: (name) => readFileSync(join(folder, name), 'utf8') }
}

test('there is all that services need, and secrets are for their owner alone', async (t) => {
  const { folder, read } = await make(t, '--name', 'registry.example.org', '--name', '10.0.0.7')
  t.deepEqual(
    globSync('**', { cwd: folder })
      .filter((name) => name !== '' && name !== '.')
      .sort(),
    wanted,
  )
  for (const name of wanted.filter((name) => !name.endsWith('.crt')))
    t.is(statSync(join(folder, name)).mode & 0o077, 0, name)
  const certificate = new X509Certificate(read('tls/server.crt'))
  for (const name of ['registry.example.org', 'registry', 'notary', 'localhost'])
    t.is(certificate.checkHost(name), name)
  t.is(certificate.checkIP('10.0.0.7'), '10.0.0.7')
  t.true(certificate.verify(new X509Certificate(read('tls/ca.crt')).publicKey))
  const client = new X509Certificate(read('signer/client.crt'))
  t.true(client.verify(new X509Certificate(read('signer/ca.crt')).publicKey))
  t.false(client.verify(new X509Certificate(read('tls/ca.crt')).publicKey), 'clients of the registry are no signers')
  t.regex(read('signer.key'), /^[0-9a-f]{64}\n$/)
  t.not(read('signer.key'), read('gc.password'))
})

test('what is there stays; another name makes another certificate of the same CA', async (t) => {
  const { space, folder, read } = await make(t)
  const before = wanted.filter((name) => name.includes('.')).map(read)
  await space.ok(['credentials', folder])
  t.deepEqual(wanted.filter((name) => name.includes('.')).map(read), before)
  await space.ok(['credentials', folder, '--name', 'other.example.org'])
  const changed = wanted.filter((name) => name.includes('.')).filter((name, i) => read(name) !== before[i])
  t.deepEqual(changed, ['tls/server.crt', 'tls/server.key'])
})

test('signer and notary know each other by them, and nobody else', async (t) => {
  const { folder } = await make(t)
  const [root, tls] = [temporaryFolder(t), join(folder, 'signer')]
  const flags = ['--listen', '127.0.0.1:0', '--root', join(root, 'signer'), '--key-file', join(folder, 'signer.key')]
  const own = ['--tls-cert', join(tls, 'server.crt'), '--tls-key', join(tls, 'server.key')]
  const command = ['notary', 'signer', 'serve']
  const signer = await startServer([...flags, ...own, '--client-ca', join(tls, 'ca.crt')], { command })
  t.teardown(() => signer.stop())
  const client = (key: string): Record<string, string> => ({
    IBUILD_NOTARY_SIGNER_MODE: 'remote',
    IBUILD_NOTARY_SIGNER_ADDRESS: new URL(signer.url).host,
    IBUILD_NOTARY_SIGNER_CA: join(tls, 'ca.crt'),
    IBUILD_NOTARY_SIGNER_CERTIFICATE: join(folder, key, 'client.crt').replace('tls/client', 'tls/server'),
    IBUILD_NOTARY_SIGNER_KEY: join(folder, key, 'client.key').replace('tls/client', 'tls/server'),
  })
  const healthOf = async (key: string): Promise<boolean> => {
    const notary = ['--listen', '127.0.0.1:0', '--root', join(root, key)]
    const server = await startServer(notary, { command: ['notary', 'serve'], env: client(key) })
    t.teardown(() => server.stop())
    const space = await makeWorkspace(t)
    return (await space.ibuild(['health', `${server.url}/_notary_server/health`])).code === 0
  }
  t.true(await healthOf('signer'))
  t.false(await healthOf('tls'))
})

test('names and owners that are none are refused, and a folder that cannot be written', async (t) => {
  const space = await makeWorkspace(t)
  const refused = [
    ['--name', 'https://x'],
    ['--name', 'a_b'],
    ['--name', ''],
    ['--owner', 'ann'],
    ['--owner', '1'],
  ]
  for (const words of refused) {
    const { code, stderr } = await space.ibuild(['credentials', join(space.folder, 'c'), ...words])
    t.is(code, 2, `${words.join(' ')}: ${stderr}`)
  }
  const file = join(space.write('f', { file: '' }), 'file')
  chmodSync(file, 0o600)
  t.is((await space.ibuild(['credentials', join(file, 'below')])).code, 2)
  t.is((await space.ibuild(['credentials'])).code, 2)
})

needs(test, 'root')('all of it is given to an owner', async (t) => {
  const { folder } = await make(t, '--owner', '4711:4712')
  for (const name of ['.', ...wanted]) {
    const { uid, gid } = statSync(join(folder, name))
    t.deepEqual([uid, gid], [4711, 4712], name)
  }
})
