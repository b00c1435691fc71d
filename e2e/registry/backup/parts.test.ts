import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backupParts, leftOut } from '../../../registry/backup/backup-parts.ts'
import { beginUpload } from '../server/client.ts'
import { startServing } from '../server/serving.ts'
import { anyPort, pushTold, servedScene } from './scene.ts'

test('everything that a server keeps in its data folder is in a backup, or left out on purpose', async (t) => {
  const { workspace, serving } = await servedScene(t, ['--metrics-listen', '127.0.0.1:0'])
  await pushTold(serving.url, 'a/b', 'x')
  await beginUpload(serving.url)
  await serving.stop()
  const secure = await startServing(t, ['--root', workspace.root, ...anyPort, '--tls', 'auto'])
  const entries = readdirSync(workspace.root, { withFileTypes: true }).map((entry) => entry.name)
  t.deepEqual(entries, ['registry'])
  const known = new Set([...backupParts, ...leftOut].map(({ path }) => path))
  const unknown = readdirSync(join(workspace.root, 'registry'), { withFileTypes: true })
    .filter((entry) => !entry.isFile() && !known.has(`registry/${entry.name}`))
    .map((entry) => entry.name)
  t.deepEqual(unknown, [])
  t.is(await secure.stop(), 0)
})
