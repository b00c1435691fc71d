import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type NeededPassphrase, openSigner, type TaggedContent } from '../../../app/index.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { startNotary } from '../testing/ibuild-server.ts'
import { trustClient } from '../testing/trust-client.ts'

test('a program signs with keys of its own, and asks for their passphrases', async (t) => {
  const folder = temporaryFolder(t)
  const server = await startNotary(join(folder, 'notary'))
  t.teardown(async () => server.close())
  const repository = { domain: 'registry.example:5000', path: 'team/app' }
  const content: TaggedContent = {
    tags: ['v1', 'latest'],
    digest: `sha256:${'ab'.repeat(32)}` as TaggedContent['digest'],
    size: 500,
  }
  const asked: NeededPassphrase[] = []
  const options = {
    root: join(folder, 'data'),
    keys: join(folder, 'keys'),
    server: server.url,
    authorities: [readFileSync(server.authority, 'utf8')],
    passphrase: (needed: NeededPassphrase): string => {
      asked.push(needed)
      return 'a passphrase'
    },
  }
  await openSigner(options).sign(repository, content)
  t.deepEqual(
    asked.filter(({ isNew }) => isNew).map(({ role }) => role),
    ['root', 'targets'],
  )
  const reader = await trustClient(server, join(folder, 'reader'))
  const shown = await reader.trust('inspect', 'registry.example:5000/team/app')
  for (const tag of content.tags) t.regex(shown, new RegExp(`^${tag} +${content.digest}`, 'm'))
  const wrong = openSigner({ ...options, passphrase: () => 'another one' })
  await t.throwsAsync(wrong.sign(repository, { ...content, tags: ['v2'] }), { code: 'PASSPHRASE_WRONG' })
  const silent = openSigner({ ...options, passphrase: () => undefined })
  await t.throwsAsync(silent.sign(repository, { ...content, tags: ['v2'] }), { code: 'PASSPHRASE_MISSING' })
  const other = openSigner({ ...options, keys: join(folder, 'none'), root: join(folder, 'other') })
  await t.throwsAsync(other.sign(repository, { ...content, tags: ['v2'] }), { code: 'TRUST_PIN' })
})
