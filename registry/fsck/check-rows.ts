import { stateOfRow } from './known-rows.ts'
import { allPages } from './row-pages.ts'
import type { FsckContext } from './types.ts'

/** Reads every row. One that is damaged goes first of all: others then find that it is missing, and write it anew. */
export async function checkRows(context: FsckContext): Promise<void> {
  const { metadata, aside } = context
  for await (const page of allPages(metadata, '')) {
    for (const { key, value } of page) {
      context.step('rows')
      const state = stateOfRow(key, value)
      if (state === 'fine') continue
      if (state === 'unknown') {
        await context.inspect(async () => [{ code: 'row-unknown', subject: shown(key) }])
        continue
      }
      await context.inspect(async () => {
        const now = await metadata.get(key)
        if (now === undefined || stateOfRow(key, now) !== 'damaged') return []
        const mend = async (): Promise<boolean> => {
          await aside.row(key, now)
          await metadata.commit({ remove: [key] })
          return true
        }
        return [{ code: 'row-damaged', subject: shown(key), mend }]
      })
    }
  }
}

function shown(key: string): string {
  return key.slice(0, 500)
}
