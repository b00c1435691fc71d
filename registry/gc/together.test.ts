import test from 'ava'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { createTogether } from './together.ts'

function watched(): { readonly metadata: RowStore; readonly made: string[] } {
  const memory = createMemoryMetadata()
  const made: string[] = []
  const commit: RowStore['commit'] = async (change) => {
    made.push(change.put?.[0]?.key ?? '')
    await memory.commit(change)
  }
  return { metadata: { ...memory, commit }, made }
}

/** No timer fires in these. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

const change = (key: string): { put: { key: string; value: string }[] } => ({ put: [{ key, value: '1' }] })

test('changes wait for those of the others, or for their end', async (t) => {
  const { metadata, made } = watched()
  const together = createTogether(metadata, 3)
  const first = together.metadata.commit(change('a'))
  await turns()
  t.deepEqual(made, [])
  together.leave()
  await turns()
  t.deepEqual(made, [])
  await Promise.all([first, together.metadata.commit(change('b'))])
  t.deepEqual(made, ['a', 'b'])
})

test('those that go on after a change wait for each other again', async (t) => {
  const { metadata, made } = watched()
  const together = createTogether(metadata, 2)
  await Promise.all([together.metadata.commit(change('a')), together.metadata.commit(change('b'))])
  const third = together.metadata.commit(change('c'))
  await turns()
  t.deepEqual(made, ['a', 'b'])
  together.leave()
  await third
  t.deepEqual(made, ['a', 'b', 'c'])
})

test('what is minor waits for nobody, and nobody for ever', async (t) => {
  const { metadata, made } = watched()
  const together = createTogether(metadata, 2)
  await together.metadata.commit({ ...change('minor'), isMinor: true })
  await together.metadata.commit(change('a'))
  t.deepEqual(made, ['minor', 'a'])
})
