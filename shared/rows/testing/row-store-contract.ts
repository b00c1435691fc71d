import type { ExecutionContext, TestFn } from 'ava'
import fc from 'fast-check'
import { type Change, ChangeConflict, type RowSnapshot, type RowStore } from '../row-store.ts'

export interface RowStoreSuiteOptions {
  readonly name: string
  /** An empty store of the test's own; it is closed by the suite. */
  readonly open: (t: ExecutionContext) => Promise<RowStore>
}

/** The contract of {@link RowStore}, for every implementation. */
export function rowStoreSuite(test: TestFn, { name, open }: RowStoreSuiteOptions): void {
  for (const [title, check] of Object.entries(cases)) {
    test(`${name}: ${title}`, async (t) => {
      const store = await open(t)
      try {
        await check(t, store)
      } finally {
        await store.close()
      }
    })
  }
}

type Case = (t: ExecutionContext, store: RowStore) => Promise<void>

const keysOf = async (store: RowStore, prefix: string): Promise<string[]> =>
  (await store.list({ prefix, limit: 1000 })).map(({ key }) => key)

const put = (...keys: string[]): Change => ({ put: keys.map((key) => ({ key, value: `value of ${key}` })) })

const cases: Readonly<Record<string, Case>> = {
  'what is not there is undefined, and an empty listing': async (t, store) => {
    t.is(await store.get('a'), undefined)
    t.deepEqual(await store.getMany(['a', 'b']), [undefined, undefined])
    t.deepEqual(await store.getMany([]), [])
    t.deepEqual(await keysOf(store, 'a'), [])
  },

  'a row is there when its change resolves, and gone when its removal does': async (t, store) => {
    await store.commit(put('a'))
    t.is(await store.get('a'), 'value of a')
    await store.commit({ put: [{ key: 'a', value: '' }] })
    t.is(await store.get('a'), '', 'an empty value is a value')
    await store.commit({ remove: ['a', 'never there'] })
    t.is(await store.get('a'), undefined)
  },

  'rows come in the order that was asked for, twice where that was twice': async (t, store) => {
    await store.commit(put('a', 'b'))
    t.deepEqual(await store.getMany(['b', 'x', 'a', 'b']), ['value of b', undefined, 'value of a', 'value of b'])
  },

  'keys are in the order of their UTF-8 bytes': async (t, store) => {
    const keys = ['a', 'a ', 'a!', 'a-', 'a.', 'a/', 'a0', 'aA', 'a_', 'aa', 'aé', 'a\uffee', 'a\u{1f600}']
    await store.commit(put(...keys.toReversed()))
    t.deepEqual(await keysOf(store, 'a'), keys)
  },

  'texts come back as they were, of any character and of a megabyte': async (t, store) => {
    const texts = ['ü', '\u{1f600}', '"\\\n', ' ', 'x'.repeat(1_000_000)]
    await store.commit({ put: texts.map((value, i) => ({ key: `k ${i} ü`, value })) })
    t.deepEqual(await store.getMany(texts.map((_, i) => `k ${i} ü`)), texts)
  },

  'a listing has the rows of its prefix alone': async (t, store) => {
    await store.commit(put('t a 1', 't a 2', 't a-b 1', 't a/b 1', 't ab 1', 't', 'u'))
    t.deepEqual(await keysOf(store, 't a '), ['t a 1', 't a 2'])
    t.deepEqual(await keysOf(store, 't a'), ['t a 1', 't a 2', 't a-b 1', 't a/b 1', 't ab 1'])
    t.deepEqual(await store.list({ prefix: 't a-b ', limit: 9 }), [{ key: 't a-b 1', value: 'value of t a-b 1' }])
    t.deepEqual(await keysOf(store, ''), ['t', 't a 1', 't a 2', 't a-b 1', 't a/b 1', 't ab 1', 'u'])
  },

  'a listing goes on after a key, which need not be there, in both directions': async (t, store) => {
    await store.commit(put('k a', 'k b', 'k d', 'k e', 'l'))
    const pages = async (after: string | undefined, reverse: boolean, limit: number): Promise<string[]> => {
      const range = { prefix: 'k ', limit, reverse, ...(after !== undefined && { after }) }
      return (await store.list(range)).map(({ key }) => key)
    }
    t.deepEqual(await pages(undefined, false, 2), ['k a', 'k b'])
    t.deepEqual(await pages('k b', false, 2), ['k d', 'k e'])
    t.deepEqual(await pages('k c', false, 1), ['k d'])
    t.deepEqual(await pages('k e', false, 9), [])
    t.deepEqual(await pages('k zz', false, 9), [])
    t.deepEqual(await pages('k \u{10ffff}x', false, 9), [], 'whatever a client says where to go on')
    t.deepEqual(await pages('k \ud800', false, 9), [], 'be it no character at all')
    t.deepEqual(await pages('k ', false, 9), ['k a', 'k b', 'k d', 'k e'])
    t.deepEqual(await pages(undefined, true, 3), ['k e', 'k d', 'k b'])
    t.deepEqual(await pages('k d', true, 9), ['k b', 'k a'])
    t.deepEqual(await pages('k c', true, 1), ['k b'])
    t.deepEqual(await pages('k a', true, 9), [])
    t.deepEqual(await pages(undefined, false, 0), [])
  },

  'a change is made whole: of several rows none without the others': async (t, store) => {
    await store.commit(put('a', 'b'))
    const change = { put: [{ key: 'c', value: '1' }], remove: ['a'], expect: [{ key: 'b', value: 'other' }] }
    await t.throwsAsync(store.commit(change), { instanceOf: ChangeConflict })
    t.deepEqual(await keysOf(store, ''), ['a', 'b'])
    await store.commit({ ...change, expect: [{ key: 'b', value: 'value of b' }] })
    t.deepEqual(await keysOf(store, ''), ['b', 'c'])
  },

  'a conflict names the row that is not as expected': async (t, store) => {
    await store.commit(put('a'))
    const conflict = async (key: string, value: string | undefined): Promise<string | undefined> =>
      (await t.throwsAsync<ChangeConflict>(store.commit({ expect: [{ key, value }] }), { instanceOf: ChangeConflict }))
        ?.key
    t.is(await conflict('a', undefined), 'a', 'there, but none was expected')
    t.is(await conflict('b', 'x'), 'b', 'not there, but one was expected')
    t.is(await conflict('a', 'x'), 'a', 'there with another value')
    await t.notThrowsAsync(
      store.commit({
        expect: [
          { key: 'b', value: undefined },
          { key: 'a', value: 'value of a' },
        ],
      }),
    )
  },

  'of changes at once that expect the same row, one is made': async (t, store) => {
    const changes = Array.from({ length: 20 }, (_, i) => ({
      put: [{ key: 'a', value: String(i) }],
      expect: [{ key: 'a', value: undefined }],
    }))
    const results = await Promise.allSettled(changes.map((change) => store.commit(change)))
    const made = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [String(i)] : []))
    t.is(made.length, 1)
    t.is(await store.get('a'), made[0])
  },

  'changes at once are made in the order in which they came': async (t, store) => {
    const values = Array.from({ length: 50 }, (_, i) => String(i))
    await Promise.all(
      values.map((value, i) =>
        store.commit({ put: [{ key: 'a', value }], expect: i === 0 ? [] : [{ key: 'a', value: values[i - 1] }] }),
      ),
    )
    t.is(await store.get('a'), '49')
  },

  'who counts by looking and trying again loses no count': async (t, store) => {
    const countOne = async (): Promise<void> => {
      const value = await store.get('n')
      const change = { put: [{ key: 'n', value: String(Number(value ?? 0) + 1) }], expect: [{ key: 'n', value }] }
      await store.commit(change).catch((error: unknown) => {
        if (!(error instanceof ChangeConflict)) throw error
        return countOne()
      })
    }
    await Promise.all(Array.from({ length: 30 }, countOne))
    t.is(await store.get('n'), '30')
  },

  'what may be lost keeps its place among the others': async (t, store) => {
    await Promise.all([
      store.commit({ put: [{ key: 'a', value: '1' }], isMinor: true }),
      store.commit({ put: [{ key: 'a', value: '2' }], expect: [{ key: 'a', value: '1' }] }),
      store.commit({ put: [{ key: 'a', value: '3' }], expect: [{ key: 'a', value: '2' }], isMinor: true }),
    ])
    t.is(await store.get('a'), '3')
  },

  'a snapshot has the rows of its moment, whatever is changed afterwards': async (t, store) => {
    await store.commit(put('k a', 'k b', 'k c', 'l'))
    const first = await store.snapshot()
    await store.commit({ put: [{ key: 'k b', value: 'new' }], remove: ['k a'] })
    const second = await store.snapshot()
    await store.commit(put('k d'))
    const seen = async (snapshot: RowSnapshot): Promise<(string | undefined)[]> =>
      (await snapshot.list({ prefix: 'k ', limit: 9 })).flatMap(({ key, value }) => [key, value])
    t.deepEqual(await seen(first), ['k a', 'value of k a', 'k b', 'value of k b', 'k c', 'value of k c'])
    t.deepEqual(await seen(second), ['k b', 'new', 'k c', 'value of k c'])
    const page = await first.list({ prefix: 'k ', after: 'k a', limit: 1 })
    t.deepEqual(page, [{ key: 'k b', value: 'value of k b' }])
    t.deepEqual(
      (await first.list({ prefix: '', limit: 2, reverse: true })).map(({ key }) => key),
      ['l', 'k c'],
    )
    await first.close()
    t.is((await seen(second)).length, 4, 'one that is closed takes nothing from another')
    await second.close()
    t.deepEqual(await keysOf(store, 'k'), ['k b', 'k c', 'k d'])
  },

  'a store that is closed ends its snapshots': async (t, store) => {
    await store.commit(put('a'))
    const snapshot = await store.snapshot()
    await store.close()
    await t.throwsAsync(snapshot.list({ prefix: '', limit: 1 }))
    await t.notThrowsAsync(snapshot.close())
  },

  'a change that wants no row in a range is made as long as there is none but its own': async (t, store) => {
    await store.commit(put('k a', 'k b', 'l'))
    const isRefused = async (change: Change): Promise<void> =>
      void (await t.throwsAsync(store.commit(change), { instanceOf: ChangeConflict }))
    await isRefused({ ...put('x'), expectNone: ['k '] })
    await isRefused({ ...put('x'), remove: ['k a'], expectNone: ['k '] })
    t.is(await store.get('x'), undefined)
    t.is(await store.get('k a'), 'value of k a')
    await store.commit({ ...put('x'), expectNone: ['m ', 'k c', 'ka'] })
    await store.commit({ ...put('k c'), remove: ['k a', 'k b'], expectNone: ['k '] })
    t.deepEqual(await keysOf(store, 'k'), ['k c'])
  },

  'of two changes at once, one of which wants no row where the other puts one, the second is refused': async (
    t,
    store,
  ) => {
    const user = { ...put('use a') }
    const sweep = { ...put('gone'), expectNone: ['use '] }
    const outcomes = await Promise.allSettled([store.commit(user), store.commit(sweep)])
    t.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    const reversed = await Promise.allSettled([
      store.commit({ ...put('gone'), expectNone: ['own '] }),
      store.commit({ ...put('own a'), expect: [{ key: 'gone', value: undefined }] }),
    ])
    t.deepEqual(
      reversed.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
  },

  'an empty change is made': async (t, store) => {
    await t.notThrowsAsync(store.commit({}))
    await t.notThrowsAsync(store.commit({ put: [], remove: [], expect: [] }))
  },

  'a closed store takes nothing': async (t, store) => {
    await store.commit(put('a'))
    const last = store.commit(put('b'))
    await store.close()
    await t.notThrowsAsync(last, 'what was asked for before is done')
    await t.throwsAsync(store.commit(put('c')))
    await t.notThrowsAsync(store.close(), 'closing twice does nothing')
  },

  'whatever changes are made, the store has what a map would have': async (t, store) => {
    const key = fc.constantFrom('a', 'a b', 'a-b', 'a/b', 'ab', 'b')
    const value = fc.option(fc.constantFrom('1', '2'), { nil: undefined })
    const change = fc.record({
      rows: fc.dictionary(key, value, { maxKeys: 3 }),
      expect: fc.dictionary(key, value, { maxKeys: 2 }),
    })
    const map = new Map<string, string>()
    const run = async (
      changes: readonly { rows: Record<string, string | undefined>; expect: Record<string, string | undefined> }[],
    ): Promise<void> => {
      await Promise.all(
        changes.map(async ({ rows, expect }) => {
          const isExpected = Object.entries(expect).every(([each, wanted]) => map.get(each) === wanted)
          if (isExpected) applyTo(map, rows)
          const committed = store.commit(changeOf(rows, expect))
          if (isExpected) await t.notThrowsAsync(committed)
          else await t.throwsAsync(committed, { instanceOf: ChangeConflict })
        }),
      )
      t.deepEqual(await keysOf(store, ''), [...map.keys()].sort())
      t.deepEqual(await store.getMany([...map.keys()]), [...map.values()])
    }
    await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 8 }), run), { numRuns: 60 })
  },
}

function applyTo(map: Map<string, string>, rows: Record<string, string | undefined>): void {
  for (const [key, value] of Object.entries(rows)) {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
}

function changeOf(rows: Record<string, string | undefined>, expect: Record<string, string | undefined>): Change {
  return {
    put: Object.entries(rows).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
    remove: Object.entries(rows).flatMap(([key, value]) => (value === undefined ? [key] : [])),
    expect: Object.entries(expect).map(([key, value]) => ({ key, value })),
  }
}
