import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { lookUpOnce } from './look-up-once.ts'
import { storeFor } from './testing/fixture.ts'
import type { Store, StoredLayer } from './types.ts'

test('a layer is looked up once when it is there, and again when it was not', (t) => {
  const store = storeFor(t)
  const [there, late] = [digestOf('there'), digestOf('late')]
  const layer = (diffID: StoredLayer['diffID']): StoredLayer => ({
    diffID,
    size: 0,
    indexFile: 'index',
    bytes: { kind: 'tar', file: 'tar' },
  })
  const asked: string[] = []
  const stored = new Map([[there, layer(there)]])
  const counted: Store = {
    ...store,
    layers: {
      ...store.layers,
      get: (diffID) => {
        asked.push(diffID)
        return stored.get(diffID)
      },
    },
  }
  const { layers } = lookUpOnce(counted)
  t.is(layers.get(there), stored.get(there))
  t.is(layers.get(there), stored.get(there))
  t.is(layers.get(late), undefined)
  stored.set(late, layer(late))
  t.is(layers.get(late)?.diffID, late)
  t.deepEqual(asked, [there, late, late])
})
