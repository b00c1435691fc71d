import { setTimeout as sleep } from 'node:timers/promises'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { TakeOver } from '../service/take-over.ts'
import { forgottenRows } from '../storage/rows.ts'
import { isThere } from './find-tree.ts'
import { TreeFlaw } from './flaw.ts'
import { type FlawBook, removeAll } from './flaw-rows.ts'
import { importRepository } from './import-repository.ts'
import { createPace } from './pace.ts'
import { type AdoptionState, addCounts, writeState } from './state.ts'
import type { Tree } from './tree.ts'
import { walkRepositories } from './walk-repositories.ts'

export interface ImporterParts {
  readonly tree: Tree
  readonly metadata: RowStore
  readonly takeOver: TakeOver
  readonly flaws: FlawBook
  /** Where it begins. */
  readonly state: AdoptionState
  /** Told of each change of the state, when it is durable. */
  readonly onState: (state: AdoptionState) => void
  readonly onWarning: (message: string) => void
  /** Milliseconds before it is tried again after a failure. Default ten seconds. */
  readonly patience?: number | undefined
}

/** Brings a tree in, repository by repository, at a low rate. */
export interface Importer {
  /** What it does at this moment. */
  readonly now: ImportNow
  /** Ends it as soon as can be; what was brought in stays. */
  close(): Promise<void>
}

export interface ImportNow {
  /** Repositories of the tree, once they are counted. */
  readonly total: number | undefined
  readonly current: RepositoryName | undefined
  /** Why nothing goes on, until it is tried again. */
  readonly waitsFor: string | undefined
}

export function startImporter(parts: ImporterParts): Importer {
  const { patience = 10_000 } = parts
  const stop = new AbortController()
  let now: ImportNow = { total: undefined, current: undefined, waitsFor: undefined }
  const tell = (change: Partial<ImportNow>): void => {
    now = { ...now, ...change }
  }
  let { state } = parts
  /** Told again only when something was brought in since. */
  let warned: string | undefined
  const save = async (next: AdoptionState): Promise<void> => {
    await writeState(parts.metadata, next)
    state = next
    warned = undefined
    parts.onState(next)
  }
  const run = async (): Promise<void> => {
    for (;;) {
      try {
        await importAll({ ...parts, state, save, tell, signal: stop.signal })
        return tell({ current: undefined, waitsFor: undefined })
      } catch (error) {
        if (stop.signal.aborted) return
        const waitsFor = error instanceof Error ? error.message : String(error)
        if (waitsFor !== warned) parts.onWarning(`taking over ${state.tree} waits: ${waitsFor}`)
        warned = waitsFor
        tell({ waitsFor })
      }
      await sleep(patience, undefined, { signal: stop.signal }).catch(() => undefined)
      if (stop.signal.aborted) return
    }
  }
  const done = run()
  return {
    get now() {
      return now
    },
    close: async () => {
      stop.abort(new RegistryError('UNAVAILABLE', 'the registry is being stopped'))
      await done
    },
  }
}

interface Import extends ImporterParts {
  readonly save: (state: AdoptionState) => Promise<void>
  readonly tell: (change: Partial<ImportNow>) => void
  readonly signal: AbortSignal
}

async function importAll(parts: Import): Promise<void> {
  const { tree, flaws, save, tell, signal } = parts
  let { state } = parts
  const pace = createPace(signal)
  const need = async (): Promise<void> => {
    if (!(await isThere(tree.root))) throw new Error('the tree cannot be read')
  }
  await need()
  tell({ total: await countRepositories(parts), waitsFor: undefined })
  const strange: string[] = []
  const onStrange = (path: string): void => void (strange.length < mostStrange && strange.push(path))
  for await (const name of walkRepositories(tree.root, { after: state.cursor, onStrange })) {
    tell({ current: name, waitsFor: undefined })
    const counts = await importRepository({ ...parts, pace, onFlaw: (place, flaw) => flaws.write(place, flaw) }, name)
    await need() // what was not found may be unmounted
    state = { ...state, cursor: name, repositories: state.repositories + 1, counts: addCounts(state.counts, counts) }
    await save(state)
  }
  await need()
  for (const path of strange) await flaws.write(path, new TreeFlaw('bad-name', 'it cannot be the name of a repository'))
  await removeAll(parts.metadata, forgottenRows.prefix())
  const { counts } = state
  await save({ ...state, finishedAt: Date.now(), counts: { ...counts, flaws: counts.flaws + strange.length } })
}

/** Names that are told, at most, of folders that can be no repositories. */
const mostStrange = 1000

async function countRepositories({ tree, signal }: Import): Promise<number> {
  const pace = createPace(signal)
  let count = 0
  for await (const _name of walkRepositories(tree.root)) {
    count++
    await pace.rest()
  }
  return count
}
