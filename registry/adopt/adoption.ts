import { IbuildError } from '../../shared/base/errors.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { TakeOver } from '../service/take-over.ts'
import { type FlawRow, forgottenRows } from '../storage/rows.ts'
import { findTree, isThere, lastWrite } from './find-tree.ts'
import { createFlawBook, removeAll } from './flaw-rows.ts'
import { type Counts, noCounts } from './import-repository.ts'
import { type Importer, startImporter } from './importer.ts'
import { createSource, type Source } from './source.ts'
import { type AdoptionState, adoptionKey, readState, writeState } from './state.ts'
import { createSubjects } from './subjects.ts'
import { openTree } from './tree.ts'

/** How far it has come to take over the storage of another registry. */
export interface AdoptionStatus {
  /** Absolute path. */
  readonly tree: string
  /** `noted`: it begins with the next server. `waiting`: it is tried again, see `waitsFor`. */
  readonly state: 'noted' | 'importing' | 'waiting' | 'done'
  readonly waitsFor: string | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly finishedAt: number | null
  /** `total` is null while they are being counted. */
  readonly repositories: { readonly done: number; readonly total: number | null }
  readonly current: string | null
  readonly counts: Counts
  /** When something was written to the tree after the adoption began, or shortly before it. */
  readonly writtenAt: number | null
}

/** The storage of another registry that is being taken over, or was: one at a time. */
export interface Adoption {
  /** What of a repository the tree alone has; undefined when that was taken over, or nothing is adopted. */
  sourceFor(name: RepositoryName): Source | undefined
  source(): Source | undefined
  /** Null when nothing ever was. */
  status(): Promise<AdoptionStatus | null>
  /**
   * Notes the storage in this folder, from now on answered from. ADOPTION_INVALID: when it is none, or another one is being
   * taken over. The same one again after it was done looks for what is not here yet.
   */
  adopt(folder: string): Promise<AdoptionStatus>
  /** Begins, or goes on, to bring it in; does nothing where there is nothing to do. */
  begin(): void
  /** Gives it up: what was not brought in is not here any more. ADOPTION_INVALID when nothing is adopted. */
  leave(): Promise<void>
  /** What is wrong in the tree, as many at most. */
  flaws(limit: number): Promise<readonly FlawRow[]>
  close(): Promise<void>
}

export interface AdoptionParts {
  readonly metadata: RowStore
  readonly takeOver: TakeOver
  readonly onNotice: (message: string) => void
  readonly onWarning: (message: string) => void
  readonly patience?: number | undefined
}

/** Milliseconds within which a write tells that somebody still uses the tree. */
const recently = 10 * 60_000

export async function openAdoption(parts: AdoptionParts): Promise<Adoption> {
  const { metadata, onNotice, onWarning, patience } = parts
  const flaws = createFlawBook(metadata)
  let state = await readState(metadata)
  let source = sourceOf(metadata, state)
  let importer: Importer | undefined

  const setState = (next: AdoptionState | undefined): void => {
    if (next?.tree !== state?.tree || next?.finishedAt !== undefined || state?.finishedAt !== undefined)
      source = sourceOf(metadata, next)
    state = next
    if (next?.finishedAt !== undefined) onNotice(`all of ${next.tree} is taken over: it is not needed any more`)
  }
  const end = async (): Promise<void> => {
    await importer?.close()
    importer = undefined
  }
  const status = async (): Promise<AdoptionStatus | null> => (state === undefined ? null : statusOf(state, importer))

  return {
    source: () => source,
    sourceFor: (name) => (state !== undefined && name > state.cursor ? source : undefined),
    status,
    adopt: async (folder) => {
      const tree = findTree(folder)
      if (state !== undefined && state.finishedAt === undefined && state.tree !== tree) throw isBusy(state.tree)
      if (state === undefined || state.finishedAt !== undefined) {
        await end()
        await flaws.clear()
        const next = { tree, startedAt: Date.now(), cursor: '', repositories: 0, counts: noCounts() }
        await writeState(metadata, next)
        setState(next)
      }
      return statusOf(state ?? unreachable(), importer)
    },
    begin: () => {
      if (state === undefined || state.finishedAt !== undefined || importer !== undefined) return
      const { takeOver } = parts
      const tree = openTree(state.tree)
      importer = startImporter({ tree, metadata, takeOver, flaws, state, onState: setState, onWarning, patience })
    },
    leave: async () => {
      if (state === undefined) throw new IbuildError('ADOPTION_INVALID', 'no storage is being taken over')
      await end()
      await metadata.commit({ remove: [adoptionKey] })
      setState(undefined)
      await flaws.clear()
      await removeAll(metadata, forgottenRows.prefix())
    },
    flaws: (limit) => flaws.list(limit),
    close: end,
  }
}

function sourceOf(metadata: RowStore, state: AdoptionState | undefined): Source | undefined {
  if (state === undefined || state.finishedAt !== undefined) return undefined
  const tree = openTree(state.tree)
  return createSource({ tree, metadata, subjects: createSubjects(tree) })
}

async function statusOf(state: AdoptionState, importer: Importer | undefined): Promise<AdoptionStatus> {
  const { tree, startedAt, finishedAt, repositories, counts } = state
  const waitsFor = importer?.now.waitsFor ?? null
  const underWay = importer === undefined ? 'noted' : waitsFor === null ? 'importing' : 'waiting'
  const writtenAt = (await isThere(tree)) ? await lastWrite(tree) : 0
  return {
    tree,
    state: finishedAt === undefined ? underWay : 'done',
    waitsFor,
    startedAt,
    finishedAt: finishedAt ?? null,
    repositories: {
      done: repositories,
      total: importer?.now.total ?? (finishedAt === undefined ? null : repositories),
    },
    current: importer?.now.current ?? null,
    counts,
    writtenAt: writtenAt > startedAt - recently ? writtenAt : null,
  }
}

function isBusy(tree: string): IbuildError {
  return new IbuildError('ADOPTION_INVALID', `${tree} is being taken over, and that is not done yet`, {
    hint: 'ibuild registry adopt --status tells how far it is; --leave gives it up.',
  })
}

function unreachable(): never {
  throw new Error('nothing is adopted')
}
