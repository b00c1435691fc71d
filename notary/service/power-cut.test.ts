import test from 'ava'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createCutRows } from '../../shared/rows/testing/cut-rows.ts'
import { createTrustStore } from '../store/trust-store.ts'
import { withLogs } from '../store/with-logs.ts'
import { TestCollection } from '../tuf/testing/collection.ts'
import { newKey } from '../tuf/testing/keys.ts'
import type { RoleName } from '../tuf/types.ts'
import { createNotaryService } from './create-service.ts'
import { followCollection } from './testing/check-collection.ts'
import { createMemorySigner } from './testing/memory-signer.ts'
import { app, heldKey } from './testing/service-scene.ts'

class PowerCut extends Error {}

/** Signed before, so that each run does the same: root and targets, then targets alone, a root, and a delegation. */
async function signedSteps() {
  const signer = createMemorySigner()
  const service = createNotaryService({ store: createTrustStore(createMemoryRows(withLogs())), signer })
  const keys = {
    timestamp: [await heldKey({ service, signer }, app, 'timestamp')],
    snapshot: [await heldKey({ service, signer }, app, 'snapshot')],
  }
  await service.close()
  const collection = new TestCollection({ gun: app, keys })
  const steps: ReadonlyMap<RoleName, Buffer>[] = []
  const add = async (...roles: readonly string[]): Promise<void> => {
    const { files } = await collection.publish()
    steps.push(new Map([...files].filter(([role]) => roles.includes(role))))
  }
  await add('root', 'targets')
  collection.addTarget('v1', 'one')
  await add('targets')
  collection.rotate('root', collection.keysOf('root'))
  await add('root')
  collection.delegate('targets/bob', [newKey('ecdsa')])
  await add('targets', 'targets/bob')
  return { steps, signer }
}

interface Mutation {
  readonly isSynced?: boolean
  readonly rows?: (rows: RowStore) => RowStore
}

/** Changes in two pieces, the collection's own row first. */
function inPieces(rows: RowStore): RowStore {
  return {
    ...rows,
    commit: async ({ put = [], ...change }) => {
      const isFirst = ({ key }: { readonly key: string }): boolean => key.startsWith('collection ')
      await rows.commit({ put: put.filter(isFirst), ...(change.expect && { expect: change.expect }) })
      await rows.commit({ ...change, put: put.filter((row) => !isFirst(row)), expect: [] })
    },
  }
}

/** Cuts the power at each call in turn; what was told and is not so, or is not whole. */
async function liesOfAll({ isSynced = true, rows = (each) => each }: Mutation): Promise<string[]> {
  const { steps, signer } = await signedSteps()
  const lies: string[] = []
  for (let at = 1; at <= 2 * steps.length; at++) {
    let calls = 0
    const cut = createCutRows({
      create: () => createMemoryRows(withLogs()),
      isSynced,
      onCall: () => {
        if (++calls >= at) throw new PowerCut()
      },
    })
    let told = 0
    const service = createNotaryService({ store: createTrustStore(rows(cut.store)), signer })
    try {
      for (const step of steps) {
        await service.publish(app, step)
        told++
      }
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
    }
    const later = createNotaryService({ store: createTrustStore(await cut.cut(() => 0.5)), signer })
    const found = await followCollection(later, app)
    const version = found?.files.get('timestamp')?.version ?? 0
    if (version < told || version > told + 1) lies.push(`${at}: version ${version} after ${told} steps`)
    await later.close()
    lies.push(...(found?.problems ?? []).map((problem) => `${at}: ${problem}`))
  }
  return lies
}

test('after a power cut at any point all that was told is there, whole', async (t) => {
  t.deepEqual(await liesOfAll({}), [])
})

test('where changes are not synced, or not made in one piece, it finds that', async (t) => {
  const unsynced = await liesOfAll({ isSynced: false })
  const pieces = await liesOfAll({ rows: inPieces })
  t.log(unsynced, pieces)
  t.not(unsynced.length, 0)
  t.not(pieces.length, 0)
})
