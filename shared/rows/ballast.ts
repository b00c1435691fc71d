import { randomBytes } from 'node:crypto'
import { open, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Space that is kept by a file for nothing, and given back when the disk is full: a database has to write something before
 * anything can be deleted.
 */
export interface Ballast {
  /** Gives the space back; false when there was none. */
  release(): Promise<boolean>
  /** Takes it again when there is plenty of space, and waits for that; looks at most once in a while. Never fails. */
  restore(): Promise<void>
}

const mebibyte = 1024 * 1024
/** Two tables that are filled from memory, and what comes of them. */
export const usualBallast: number = 24 * mebibyte
/** It is taken only where so many times its size is free. */
const plenty = 16
const lookEvery = 30_000

/** Of so many bytes; none with 0. */
export function createBallast(file: string, bytes: number): Ballast {
  let lookAt = Number.NEGATIVE_INFINITY
  let taking: Promise<void> | undefined
  return {
    release: async () => {
      await taking
      const isThere = (await stat(file).catch(() => undefined)) !== undefined
      await rm(file, { force: true })
      lookAt = performance.now() + lookEvery
      return isThere
    },
    restore: async () => {
      if (bytes > 0 && performance.now() >= lookAt) {
        lookAt = performance.now() + lookEvery
        taking = take(file, bytes).catch(() => rm(file, { force: true }).catch(() => {}))
      }
      await taking
    },
  }
}

/** Bytes that a user who is not root can still write in the filesystem of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

async function take(file: string, bytes: number): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size
  if (size === bytes || (await freeBytes(dirname(file))) < plenty * bytes) return
  const handle = await open(file, 'w', 0o600)
  try {
    const piece = randomBytes(mebibyte) // nothing that a filesystem would compress
    for (let at = 0; at < bytes; at += mebibyte) await handle.write(piece, 0, mebibyte, at)
  } finally {
    await handle.close()
  }
}
