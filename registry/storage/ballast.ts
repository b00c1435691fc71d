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
  /** Takes it again when there is plenty of space; looks at most once in a while. Never fails. */
  restore(): Promise<void>
}

const mebibyte = 1024 * 1024
/** Two tables that are filled from memory, and what comes of them. */
const ballastBytes = 24 * mebibyte
/** It is taken only where so many times its size is free. */
const plenty = 16
const lookEvery = 30_000

/** `now` gives milliseconds. */
export function createBallast(file: string, now: () => number = Date.now): Ballast {
  let lookAt = 0
  return {
    release: async () => {
      const isThere = (await stat(file).catch(() => undefined)) !== undefined
      await rm(file, { force: true })
      lookAt = now() + lookEvery
      return isThere
    },
    restore: async () => {
      if (now() < lookAt) return
      lookAt = now() + lookEvery
      await take(file).catch(() => rm(file, { force: true }).catch(() => {}))
    },
  }
}

/** Bytes that a user who is not root can still write in the filesystem of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

async function take(file: string): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size
  if (size === ballastBytes || (await freeBytes(dirname(file))) < plenty * ballastBytes) return
  const handle = await open(file, 'w', 0o600)
  try {
    const bytes = randomBytes(mebibyte) // nothing that a filesystem would compress
    for (let at = 0; at < ballastBytes; at += mebibyte) await handle.write(bytes, 0, mebibyte, at)
  } finally {
    await handle.close()
  }
}
