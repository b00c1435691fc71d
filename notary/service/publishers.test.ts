import test from 'ava'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import { newFile } from '../store/testing/new-files.ts'
import { createTrustStore } from '../store/trust-store.ts'
import { withLogs } from '../store/with-logs.ts'
import { fileMetaOf } from '../tuf/file-meta.ts'
import { targetJson } from '../tuf/metadata-json.ts'
import { readTargets } from '../tuf/read-metadata.ts'
import { objectOf } from '../tuf/testing/json.ts'
import type { TestKey } from '../tuf/testing/keys.ts'
import { signMetadata } from '../tuf/write-metadata.ts'
import { followCollection } from './testing/check-collection.ts'
import { app, refusalOf, send, serviceScene } from './testing/service-scene.ts'
import type { NotaryService } from './types.ts'

/** Adds a target to what is there, and again when somebody else was first; how often that was. */
async function addTarget(service: NotaryService, name: string, keys: readonly TestKey[]): Promise<number> {
  for (let tries = 0; ; tries++) {
    const file = await service.file(app, { role: 'targets' })
    if (file === undefined) throw new Error('there are no targets')
    const { json, signed } = readTargets(file.bytes)
    const targets = { ...objectOf(json['targets']), [name]: targetJson(fileMetaOf(Buffer.from(name))) }
    const bytes = await signMetadata({ ...json, version: signed.version + 1, targets }, keys)
    const refusal = await refusalOf(service.publish(app, new Map([['targets', bytes] as const])))
    if (refusal === undefined) return tries
    if (!refusal.startsWith('VERSION ErrValidation publish conflict: targets version ')) throw new Error(refusal)
  }
}

test('of publishers at once each is told when another was first, and none loses anything', async (t) => {
  const { service, ...scene } = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  await send(service, collection, ['root', 'targets'])
  const names = Array.from({ length: 8 }, (_, i) => `v${i}`)
  const tries = await Promise.all(names.map((name) => addTarget(service, name, collection.keysOf('targets'))))
  t.true(
    tries.some((count) => count > 0),
    'some were late',
  )
  const found = await followCollection(service, app)
  t.deepEqual(found?.problems, [])
  const { signed } = readTargets(found?.files.get('targets')?.bytes ?? Buffer.of())
  t.deepEqual([...signed.targets.keys()].sort(), names)
  t.is(signed.version, 1 + names.length)
})

test('it is by what its change expects that the second of two publications is refused', async (t) => {
  const rows = createMemoryRows(withLogs())
  const store = createTrustStore({
    ...rows,
    commit: (change) => rows.commit({ ...change, expect: [] }),
  })
  const timestamps = ['a', 'b'].map((text) => newFile('timestamp', 1, `"${text}"`))
  const outcomes = await Promise.allSettled(
    timestamps.map((file) =>
      store.publish(app, { before: undefined, files: [file], version: 1, sha256: file.sha256, at: 1 }),
    ),
  )
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled'],
    'without it, both are made',
  )
})
