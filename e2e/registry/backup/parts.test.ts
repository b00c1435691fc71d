import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { notaryDatabases, notaryLeftOut, notaryParts } from '../../../app/adapters/notary-parts.ts'
import { retentionDatabases, retentionLeftOut } from '../../../app/adapters/retention-parts.ts'
import { backupParts, leftOut } from '../../../registry/backup/backup-parts.ts'
import { filesBelow } from '../../../registry/backup/testing/bench.ts'
import { beginUpload } from '../server/client.ts'
import { startServing } from '../server/serving.ts'
import { anyPort, pushTold, servedScene } from './scene.ts'

const withNotary = ['--notary-listen', '127.0.0.1:0']
const password = 'correct horse battery'

async function tokenOf(url: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`
  const answer = await fetch(`${url}/token?service=ibuild-registry&scope=repository:a/b:pull`, {
    headers: { authorization },
  })
  const { token } = (await answer.json()) as { token?: string }
  return token ?? ''
}

test('everything that a server keeps in its data folder is in a backup, or left out on purpose', async (t) => {
  const { workspace, serving, at } = await servedScene(t, ['--metrics-listen', '127.0.0.1:0', ...withNotary])
  const { root } = workspace
  const told = await pushTold(serving.url, 'a/b', 'x')
  await beginUpload(serving.url)
  await serving.stop()
  await workspace.ok(['registry', 'user', 'add', 'ann', '--password-stdin'], { input: password })
  const secure = await startServing(t, ['--root', root, ...anyPort, '--tls', 'auto', '--notary-listen', 'off'])
  await secure.stop()
  const withAccounts = await startServing(t, ['--root', root, ...anyPort, ...withNotary])
  const headers = { authorization: `Bearer ${await tokenOf(withAccounts.url)}` }
  const [path = ''] = told.keys()
  t.is((await fetch(withAccounts.url + path)).status, 401)
  t.is((await fetch(withAccounts.url + path, { headers })).status, 200)

  t.deepEqual(readdirSync(root).sort(), ['notary', 'registry', 'retention'])
  const known = new Set([...backupParts, ...leftOut].map((part) => part.path))
  const entries = readdirSync(join(root, 'registry'), { withFileTypes: true })
  const unknown = entries.filter((entry) => !entry.isFile() && !known.has(`registry/${entry.name}`))
  t.deepEqual(
    unknown.map((entry) => entry.name),
    [],
  )
  t.true(entries.length >= 8, 'the server that is looked at is a full one')

  const inNotary = new Set([...notaryDatabases, ...notaryParts.files, ...notaryLeftOut].map((part) => part.path))
  for (const folder of ['notary', 'notary/signer'])
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
      t.true(entry.isFile() || inNotary.has(`${folder}/${entry.name}`), `${folder}/${entry.name} is no part`)

  const inRetention = new Set([...retentionDatabases, ...retentionLeftOut].map((part) => part.path))
  t.deepEqual(readdirSync(join(root, 'retention')).sort(), ['admin.sock', 'registry'])
  for (const name of readdirSync(join(root, 'retention/registry')))
    t.true(inRetention.has(`retention/registry/${name}`), `${name} is no part`)

  const { port } = new URL(withAccounts.url)
  await workspace.ok(['registry', 'backup', at('backup/')])
  await withAccounts.stop()
  await workspace.ok(['registry', 'restore', at('backup'), '--root', at('new')])
  const [old, restored] = [filesBelow(root), filesBelow(at('new'))]
  for (const name of old.keys())
    if (/^(?:notary\/(?:metadata|signer\/rows)|retention\/registry\/db)\//.test(name)) old.delete(name)
  for (const name of restored.keys())
    if (/^(?:notary\/(?:metadata|signer\/rows)|retention\/registry\/db)\//.test(name)) restored.delete(name)
  for (const name of old.keys()) if (/^registry\/(?:uploads|aside)\//.test(name)) old.delete(name)
  t.deepEqual(restored, old)
  t.true(restored.has('notary/signer/signer.key') && restored.has('notary/tls/ca.key'))
  t.true(restored.has('registry/htpasswd') && restored.has('registry/tls/ca.key'))
  for (const name of restored.keys()) t.is(statSync(join(at('new'), name)).mode, statSync(join(root, name)).mode, name)
  const again = await startServing(t, ['--root', at('new'), '--listen', `127.0.0.1:${port}`, ...withNotary])
  t.is((await fetch(again.url + path, { headers })).status, 200, 'a token of before is one of now')
  t.not(await tokenOf(again.url), '')
})
