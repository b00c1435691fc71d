import { closeSync, mkdirSync, openSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../base/errors.ts'
import { namesIn } from './names-in.ts'
import { isOwnerAlive, ownOwner } from './owner.ts'

/**
 * A lock between processes: many shared holders or one exclusive. It is a folder with one empty file for each holder,
 * named after its process, so the death of a process frees what it held. Taking the shared side costs one file.
 *
 * Why two sides that conflict never both hold it: each first makes its file and then looks for those of the others, so at
 * least one of the two sees the other and gives way.
 */
export interface Lock {
  /** Gives the lock back; does nothing the second time. */
  release(): void
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when someone else holds the lock. */
  readonly onWait?: () => void
}

const shared = 's-'
const exclusive = 'x-'
/** A holder touches its file so often, for processes that cannot look it up because their pid namespace is another. */
const heartbeat = 30_000
/** Without a touch for so long, such a holder counts as dead. */
const foreignLifetime = 10 * heartbeat
/** Milliseconds between two looks at most. */
const longestPause = 500
let counter = 0

/** Holds the lock together with other shared holders; waits while one holds it exclusively. Not reentrant. */
export async function lockShared(folder: string, options: LockOptions = {}): Promise<Lock> {
  return claim(folder, shared, options)
}

/** Holds the lock alone; keeps new shared holders away while it waits for those that are there. Not reentrant. */
export async function lockExclusive(folder: string, options: LockOptions = {}): Promise<Lock> {
  const lock = await claim(folder, exclusive, options)
  try {
    await retry(options, () => (isHeld(folder, shared) ? undefined : lock))
  } catch (error) {
    lock.release()
    throw error
  }
  return lock
}

/** Makes our file of that kind; takes it back and tries again while a file of an exclusive holder is there. */
async function claim(folder: string, kind: string, options: LockOptions): Promise<Lock> {
  return retry(options, (waited) => {
    // One that waits only looks: hundreds may wait, and each look should cost one listing.
    if (waited && isHeld(folder, exclusive)) return undefined
    const file = makeFile(folder, kind)
    if (!isHeld(folder, exclusive, path.basename(file))) return lockOf(file)
    removeFile(file)
    return undefined
  })
}

function lockOf(file: string): Lock {
  const timer = setInterval(() => touch(file), heartbeat).unref()
  const release = (): void => {
    clearInterval(timer)
    removeFile(file)
  }
  return { release }
}

/** A file that is gone needs no touch. */
function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {}
}

/** Who has waited long looks seldom, so that many who wait leave the processors to those who work. */
async function retry<T>(options: LockOptions, attempt: (waited: boolean) => T | undefined): Promise<T> {
  const started = performance.now()
  for (let failures = 0; ; failures++) {
    options.signal?.throwIfAborted()
    const result = attempt(failures > 0)
    if (result !== undefined) return result
    if (failures === 0) options.onWait?.()
    const pause = Math.min(4 + failures, longestPause, 50 + (performance.now() - started) / 10)
    await sleep(1 + Math.random() * pause, undefined, { signal: options.signal })
  }
}

function makeFile(folder: string, kind: string): string {
  for (;;) {
    const file = path.join(folder, `${kind}${ownOwner()}-${counter++}`)
    try {
      closeSync(openSync(file, 'wx', 0o600))
      return file
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') mkdirSync(folder, { recursive: true })
      else if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
}

/** True when a process that lives has a file of that kind, other than `except`. Removes the files of dead ones. */
function isHeld(folder: string, kind: string, except?: string): boolean {
  // Whoever gives a lock back may remove its folder.
  const names = namesIn(folder).filter((name) => name.startsWith(kind) && name !== except)
  return names.filter((name) => isAlive(path.join(folder, name), name.slice(kind.length))).length > 0
}

function isAlive(file: string, holder: string): boolean {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  if (changed === undefined) return false
  const alive = isOwnerAlive(holder.slice(0, holder.lastIndexOf('-')), changed, foreignLifetime)
  if (!alive) removeFile(file)
  return alive
}

function removeFile(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
