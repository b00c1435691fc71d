import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { notaryLayout } from '../../notary/server/layout.ts'
import { openTrustStore } from '../../notary/store/open-trust-store.ts'
import { storedCollections } from './stored-collections.ts'

test('collections that another process has open are asked for again as soon as it lets go of them', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'collections-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  await using stored = storedCollections(root, (notice) => t.log(notice))
  t.deepEqual([...(await stored.signedIn('app'))], [], 'there are none')
  const held = await openTrustStore({ folder: notaryLayout(root).metadata })
  await t.throwsAsync(stored.signedIn('app'), { code: 'SERVER_BUSY' })
  await held.close()
  t.deepEqual([...(await stored.signedIn('app'))], [])
})
