import type { ExecutionContext, TestFn } from 'ava'
import { parseGun } from '../../tuf/gun.ts'
import { parseRole } from '../../tuf/role.ts'
import type { Gun } from '../../tuf/types.ts'
import type { TrustStoreOptions } from '../trust-store.ts'
import { type CollectionState, type NewFile, PublicationConflict, type TrustStore } from '../types.ts'
import { newFile } from './new-files.ts'

export interface TrustStoreSuiteOptions {
  readonly name: string
  /** An empty store of the test's own; it is closed by the suite. */
  readonly open: (t: ExecutionContext, options?: TrustStoreOptions) => Promise<TrustStore>
}

/** The contract of {@link TrustStore}, for every implementation. */
export function trustStoreSuite(test: TestFn, { name, open }: TrustStoreSuiteOptions): void {
  for (const [title, { check, options }] of Object.entries(cases)) {
    test(`${name}: ${title}`, async (t) => {
      const store = await open(t, options)
      try {
        await check(t, store)
      } finally {
        await store.close()
      }
    })
  }
}

interface Case {
  readonly options?: TrustStoreOptions
  readonly check: (t: ExecutionContext, store: TrustStore) => Promise<void>
}

const app = parseGun('localhost:5000/team/app')

interface Publishing {
  readonly gun?: Gun
  readonly before?: CollectionState | undefined
  readonly dropped?: readonly string[]
  readonly at?: number
}

async function publish(
  store: TrustStore,
  files: readonly NewFile[],
  publishing: Publishing = {},
): Promise<CollectionState> {
  const { gun = app, dropped = [], at = 1000 } = publishing
  const before = 'before' in publishing ? publishing.before : await store.state(gun)
  const timestamp = files.find(({ role }) => role === 'timestamp')
  const { version = 0, sha256 = '' } = timestamp ?? {}
  return store.publish(gun, { before, files, dropped: dropped.map(parseRole), version, sha256, at })
}

const first = (): NewFile[] => ['root', 'targets', 'snapshot', 'timestamp'].map((role) => newFile(role, 1))

const textOf = async (
  store: TrustStore,
  query: Parameters<TrustStore['file']>[1],
  gun = app,
): Promise<string | undefined> => (await store.file(gun, query))?.bytes.toString()

const cases: Readonly<Record<string, Case>> = {
  'what is not there is undefined': {
    check: async (t, store) => {
      t.is(await store.state(app), undefined)
      t.is(await store.file(app, { role: 'root' }), undefined)
      t.is(await store.file(app, { role: 'root', version: 1 }), undefined)
      t.is(await store.file(app, { role: 'root', hash: newFile('root', 1).sha256 }), undefined)
      t.deepEqual(await store.collections({ limit: 10 }), [])
      t.deepEqual(await store.changes({ after: undefined, limit: 10, isReverse: false }), [])
      t.false(await store.remove(app, 1))
      t.deepEqual(await store.changes({ after: undefined, limit: 10, isReverse: false }), [], 'nothing happened')
    },
  },

  'files are found by role, by version and by both hashes, as they came': {
    check: async (t, store) => {
      const odd = newFile('targets', 1, '{"é":"\u2028 \\u0000 \u{1f600}", "b":[]}\n')
      const files = [newFile('root', 1), odd, newFile('snapshot', 1), newFile('timestamp', 1)]
      const state = await publish(store, files, { at: 123 })
      t.deepEqual(await store.state(app), state)
      t.deepEqual(state.files.get('targets'), {
        version: 1,
        sha256: odd.sha256,
        sha512: odd.sha512,
        length: odd.bytes.length,
        storedAt: 123,
        expires: 0,
      })
      for (const query of [{}, { version: 1 }, { hash: odd.sha256 }, { hash: odd.sha512 }]) {
        t.deepEqual(await store.file(app, { role: 'targets', ...query }), {
          role: 'targets',
          version: 1,
          bytes: odd.bytes,
          sha256: odd.sha256,
          storedAt: 123,
        })
      }
      t.is(await store.file(app, { role: 'root', hash: odd.sha256 }), undefined, 'a hash of another role')
      t.is(await store.file(app, { role: 'targets', version: 2 }), undefined)
      t.is(await store.file(app, { role: parseRole('targets/bob') }), undefined)
    },
  },

  'what is not UTF-8 is not taken': {
    check: async (t, store) => {
      const bad = { ...newFile('root', 1), bytes: Buffer.of(0x22, 0xff, 0x22) }
      await t.throwsAsync(publish(store, [bad]))
      t.is(await store.state(app), undefined)
    },
  },

  'a publication makes new files current, keeps the others, and old versions can be asked for': {
    check: async (t, store) => {
      const before = await publish(store, first())
      const state = await publish(store, [newFile('targets', 2), newFile('snapshot', 2), newFile('timestamp', 2)])
      t.deepEqual(await store.state(app), state)
      t.not(state.revision, before.revision)
      t.is(state.id, before.id)
      t.is(await textOf(store, { role: 'root' }), '{"root":1}')
      t.is(await textOf(store, { role: 'targets' }), '{"targets":2}')
      t.is(await textOf(store, { role: 'targets', version: 1 }), '{"targets":1}')
      t.is(await textOf(store, { role: 'targets', hash: newFile('targets', 1).sha256 }), '{"targets":1}')
    },
  },

  'a publication that expects another collection changes nothing': {
    check: async (t, store) => {
      await t.throwsAsync(publish(store, first(), { before: { ...(await publish(store, first())), stored: 'x' } }))
      const before = await store.state(app)
      await publish(store, [newFile('timestamp', 2)])
      for (const expected of [before, undefined]) {
        const late = publish(store, [newFile('targets', 7), newFile('timestamp', 7)], { before: expected })
        await t.throwsAsync(late, { instanceOf: PublicationConflict })
      }
      t.is(await textOf(store, { role: 'timestamp' }), '{"timestamp":2}')
      t.is(await store.file(app, { role: 'targets', version: 7 }), undefined)
      t.is((await store.changes({ after: undefined, limit: 10, isReverse: false })).length, 2)
    },
  },

  'of publications at once, one is made': {
    check: async (t, store) => {
      const before = await publish(store, first())
      const tries = Array.from({ length: 8 }, (_, i) => {
        const files = [newFile('targets', 2, `{"targets":"${i}"}`), newFile('timestamp', 2, `{"timestamp":"${i}"}`)]
        return publish(store, files, { before })
      })
      const outcomes = await Promise.allSettled(tries)
      const made = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
      t.is(made.length, 1)
      t.is(await textOf(store, { role: 'targets' }), `{"targets":"${made[0]}"}`)
      t.is(await textOf(store, { role: 'timestamp' }), `{"timestamp":"${made[0]}"}`)
      t.is((await store.changes({ after: undefined, limit: 10, isReverse: false })).length, 2)
    },
  },

  'no version comes twice, nor an older one, also of a role that was gone meanwhile': {
    check: async (t, store) => {
      await publish(store, [...first(), newFile('targets/bob', 5)])
      const published = await publish(store, [newFile('timestamp', 2)], { dropped: ['targets/bob'] })
      const state = await store.state(app)
      t.deepEqual(state, published)
      t.false(state?.files.has(parseRole('targets/bob')))
      t.is(state?.gone.get(parseRole('targets/bob')), 5)
      t.is(await store.file(app, { role: parseRole('targets/bob') }), undefined)
      t.is(await textOf(store, { role: parseRole('targets/bob'), version: 5 }), '{"targets/bob":5}')
      for (const version of [4, 5]) {
        const again = publish(store, [newFile('targets/bob', version, '{}'), newFile('timestamp', 3)])
        await t.throwsAsync(again, { instanceOf: PublicationConflict })
      }
      await publish(store, [newFile('targets/bob', 6), newFile('timestamp', 3)])
      t.is((await store.state(app))?.gone.size, 0)
    },
  },

  'a collection that was removed is gone, and a new one of that name has nothing of it': {
    check: async (t, store) => {
      await publish(store, first())
      await publish(store, [newFile('targets', 2), newFile('timestamp', 2)])
      t.true(await store.remove(app, 5000))
      t.is(await store.state(app), undefined)
      t.is(await store.file(app, { role: 'root', version: 1 }), undefined)
      const state = await publish(store, [newFile('root', 1, '{"new":1}'), newFile('timestamp', 1)])
      t.is(await textOf(store, { role: 'root' }), '{"new":1}')
      t.is(await store.file(app, { role: 'targets', version: 2 }), undefined)
      await store.idle()
      t.deepEqual(await store.state(app), state)
      t.is(await textOf(store, { role: 'root' }), '{"new":1}')
    },
  },

  'changes are numbered in their order, for all and for one collection': {
    check: async (t, store) => {
      const other = parseGun('localhost:5000/team/app2')
      await publish(store, first(), { at: 10 })
      await publish(store, first(), { gun: other, at: 20 })
      await publish(store, [newFile('timestamp', 2)], { at: 30 })
      await store.remove(other, 40)
      const all = await store.changes({ after: undefined, limit: 10, isReverse: false })
      t.deepEqual(
        all.map(({ id, at, gun, version, sha256, category }) => [id, at, gun, version, sha256.length, category]),
        [
          [1, 10, app, 1, 64, 'update'],
          [2, 20, other, 1, 64, 'update'],
          [3, 30, app, 2, 64, 'update'],
          [4, 40, other, 0, 0, 'deletion'],
        ],
      )
      const ids = async (query: Partial<Parameters<TrustStore['changes']>[0]>): Promise<number[]> =>
        (await store.changes({ after: undefined, limit: 10, isReverse: false, ...query })).map(({ id }) => id)
      t.deepEqual(await ids({ after: 2 }), [3, 4])
      t.deepEqual(await ids({ after: 0, limit: 3 }), [1, 2, 3])
      t.deepEqual(await ids({ after: 4 }), [])
      t.deepEqual(await ids({ after: 1e300 }), [])
      t.deepEqual(await ids({ after: -7 }), [1, 2, 3, 4])
      t.deepEqual(await ids({ isReverse: true, limit: 2 }), [3, 4], 'the last ones, in order')
      t.deepEqual(await ids({ isReverse: true, after: 3 }), [1, 2])
      t.deepEqual(await ids({ gun: app }), [1, 3])
      t.deepEqual(await ids({ gun: other, after: 2 }), [4])
      t.deepEqual(await ids({ gun: app, isReverse: true, limit: 1 }), [3])
      t.deepEqual(await ids({ gun: parseGun('localhost:5000/team/ap') }), [], 'not the beginning of a name')
      t.deepEqual(await ids({ limit: 0 }), [])
    },
  },

  'collections come in pages, in the order of their names': {
    check: async (t, store) => {
      const names = ['a', 'a/b', 'b:5000/x', 'c'].map(parseGun)
      for (const gun of names.toReversed()) await publish(store, first(), { gun })
      t.deepEqual(await store.collections({ limit: 10 }), names)
      t.deepEqual(await store.collections({ limit: 2, after: 'a' }), names.slice(1, 3))
      t.deepEqual(await store.collections({ limit: 2, after: 'bb' }), names.slice(3))
      t.deepEqual(
        (await store.states({ limit: 10, after: 'a/b' })).map(({ gun }) => gun),
        names.slice(2),
      )
    },
  },

  'files that are no more current go when they are old enough; roots stay': {
    options: { retention: { time: 100 } },
    check: async (t, store) => {
      await publish(store, first(), { at: 0 })
      await publish(store, [newFile('root', 2), newFile('targets', 2), newFile('timestamp', 2)], { at: 50 })
      const versions = async (role: string): Promise<number[]> => {
        const found = [1, 2, 3, 4].map((version) => store.file(app, { role: parseRole(role), version }))
        return (await Promise.all(found)).flatMap((file) => (file === undefined ? [] : [file.version]))
      }
      await publish(store, [newFile('targets', 3), newFile('timestamp', 3)], { at: 149 })
      t.deepEqual(await versions('targets'), [1, 2, 3], 'the first is no more current for 99')
      await publish(store, [newFile('timestamp', 4)], { at: 151 })
      t.deepEqual(await versions('targets'), [2, 3])
      t.deepEqual(await versions('timestamp'), [2, 3, 4])
      t.is(await store.file(app, { role: 'targets', hash: newFile('targets', 1).sha256 }), undefined)
      t.deepEqual(await versions('root'), [1, 2])
      t.deepEqual(await versions('snapshot'), [1], 'the current one, however old')
    },
  },

  'of files that are no more current, only so many bytes are kept, the newest': {
    options: { retention: { bytes: 1000 } },
    check: async (t, store) => {
      const large = (version: number): NewFile => newFile('targets', version, `{"x":"${'x'.repeat(300)}${version}"}`)
      await publish(store, [newFile('root', 1), large(1), newFile('snapshot', 1), newFile('timestamp', 1)])
      for (let version = 2; version <= 9; version++) {
        await publish(store, [large(version), newFile('timestamp', version)], { at: 1000 + version })
      }
      const kept = await Promise.all(
        Array.from({ length: 9 }, (_, i) => store.file(app, { role: 'targets', version: i + 1 })),
      )
      const versions = kept.flatMap((file) => (file === undefined ? [] : [file.version]))
      t.is(versions.at(-1), 9)
      t.true(versions.length >= 3 && versions.length <= 5, versions.join())
      t.deepEqual(
        versions,
        Array.from(versions, (_, i) => 10 - versions.length + i),
        'without a gap',
      )
    },
  },
}
