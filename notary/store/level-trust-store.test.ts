import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { openLevelRows } from '../../shared/rows/level-rows.ts'
import { parseGun } from '../tuf/gun.ts'
import { notaryDatabase, openTrustStore } from './open-trust-store.ts'
import { newFile } from './testing/new-files.ts'
import { trustStoreSuite } from './testing/trust-store-contract.ts'
import { withLogs } from './with-logs.ts'

trustStoreSuite(test, {
  name: 'level',
  open: (t, options) => openTrustStore({ folder: join(temporaryFolder(t), 'trust'), ballast: 0, ...options }),
})

const gun = parseGun('localhost:5000/team/app')

test('what was removed leaves no row behind, also when the store was closed in the midst of that', async (t) => {
  const folder = join(temporaryFolder(t), 'trust')
  const files = ['root', 'targets', 'snapshot', 'timestamp'].map((role) => newFile(role, 1))
  const store = await openTrustStore({ folder, ballast: 0 })
  const state = await store.publish(gun, { before: undefined, files, version: 1, sha256: '', at: 1 })
  const next = { before: state, files: [newFile('timestamp', 2)], version: 2, sha256: '', at: 2 }
  await store.publish(gun, next)
  await store.remove(gun, 3)
  await store.close()
  const again = await openTrustStore({ folder, ballast: 0 })
  await again.idle()
  await again.close()
  const rows = await openLevelRows(notaryDatabase, { folder, ballast: 0 }, withLogs())
  const keys = (await rows.list({ prefix: '', limit: 100 })).map(({ key }) => key.split(' ')[0])
  await rows.close()
  t.deepEqual(keys, [
    'audit',
    'change',
    'change',
    'change',
    'changed',
    'changed',
    'changed',
    'format',
    'last',
    'last',
    'start',
  ])
})
