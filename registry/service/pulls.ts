import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type Change, ChangeConflict } from '../../shared/rows/row-store.ts'
import { type PulledRow, pulledRows, pullsSinceKey } from '../storage/pull-rows.ts'
import { manifestRows, settingRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'

/** When manifests were last asked for by clients, gathered in memory and written a minute later: who is killed loses that minute. */
export interface Pulls {
  /** A client asked for a manifest. Never fails and never waits. */
  note(name: string, digest: Digest): void
  /** When a manifest was last asked for, of what is not written yet. */
  peek(name: string, digest: Digest): number | undefined
  /** The same of all of a repository: looks through what waits. */
  waitingIn(name: string): ReadonlyMap<Digest, number>
  /** Since when pulls are noted in this registry; milliseconds since the epoch. */
  since(): Promise<number>
  /** Writes down that pulls are noted from now on, if they were not before. */
  begin(): Promise<void>
  /** Writes what is not written yet, as far as something may be written. */
  flush(): Promise<void>
  /** Writes what is not written yet, for one who knows that something may be. Never fails. */
  close(): Promise<void>
}

export interface PullsOptions {
  /** Milliseconds between writes. */
  readonly every?: number
  /** Manifests that are remembered until the next write: those beyond are not noted while it goes on. */
  readonly most?: number
}

type Parts = Pick<ServiceParts, 'metadata' | 'housekeep' | 'now'>

/** Rows of one change. */
const atOnce = 500
/** Times that a change is tried: somebody else removes manifests meanwhile. */
const tries = 5

interface Pulled {
  readonly name: string
  readonly digest: Digest
  readonly at: number
}

export function createPulls(parts: Parts, { every = 60_000, most = 100_000 }: PullsOptions = {}): Pulls {
  const { metadata, housekeep, now } = parts
  const startedAt = now()
  const waiting = new Map<string, Pulled>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const writeAll = async (run: ServiceParts['housekeep']): Promise<void> => {
    const all = [...waiting]
    for (let from = 0; from < all.length; from += atOnce) {
      const part = all.slice(from, from + atOnce)
      const pulled = part.map(([, one]) => one)
      let isWritten = false
      await run(async () => {
        isWritten = await write(parts, pulled)
      })
      if (!isWritten) return
      for (const [key, one] of part) if (waiting.get(key) === one) waiting.delete(key)
    }
  }
  const flush = (run = housekeep): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const done = writing.then(async () => writeAll(run))
    writing = done.catch(() => undefined) // what could not be written waits for the next time
    return done
  }
  return {
    note: (name, digest) => {
      const key = pulledRows.key(name, digest)
      if (waiting.size >= most && !waiting.has(key)) return
      waiting.set(key, { name, digest, at: now() })
      const wait = waiting.size >= most ? 0 : every
      timer ??= setTimeout(() => void flush().catch(() => undefined), wait).unref()
    },
    peek: (name, digest) => (waiting.size === 0 ? undefined : waiting.get(pulledRows.key(name, digest))?.at),
    waitingIn: (name) => {
      const found = new Map<Digest, number>()
      for (const one of waiting.values()) if (one.name === name) found.set(one.digest, one.at)
      return found
    },
    since: async () => {
      const value = await metadata.get(pullsSinceKey)
      const known = value === undefined ? undefined : settingRows.parse(pullsSinceKey, value)
      return typeof known === 'number' ? known : startedAt
    },
    begin: async () => {
      if ((await metadata.get(pullsSinceKey)) !== undefined) return
      await metadata.commit({ put: [settingRows.row(['pulls-since'], startedAt)], isMinor: true })
    },
    flush: () => flush(),
    close: () => flush((work) => work()).catch(() => undefined),
  }
}

/** False when others changed these manifests again and again. */
async function write({ metadata }: Pick<Parts, 'metadata'>, pulled: readonly Pulled[]): Promise<boolean> {
  for (let i = 0; i < tries; i++) {
    try {
      await metadata.commit(await changeFor(metadata, pulled))
      return true
    } catch (error) {
      if (!(error instanceof ChangeConflict)) throw error
    }
  }
  return false
}

/** Of manifests that are there, and stay until then: nothing is written of one that is gone. */
async function changeFor(metadata: Parts['metadata'], pulled: readonly Pulled[]): Promise<Change> {
  const manifests = pulled.map(({ name, digest }) => manifestRows.key(name, digest))
  const keys = pulled.map(({ name, digest }) => pulledRows.key(name, digest))
  const [there, before] = [await metadata.getMany(manifests), await metadata.getMany(keys)]
  const isNews = (i: number, { at }: Pulled): boolean => {
    const [key, value] = [keys[i], before[i]]
    if (there[i] === undefined || key === undefined) return false
    return value === undefined || (readOrNothing<PulledRow>(pulledRows, key, value)?.at ?? 0) < at
  }
  const news = pulled.map((one, i) => ({ one, i })).filter(({ one, i }) => isNews(i, one))
  return {
    put: news.map(({ one: { name, digest, at } }) => pulledRows.row([name, digest], { at })),
    expect: news.map(({ i }) => ({ key: manifests[i] ?? '', value: there[i] })),
    isMinor: true,
  }
}
