import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { beginsOnPage, pageBytes } from '../../shared/sys/page-memory.ts'
import { settle } from './settle.ts'

/** Writes to an open file that leave the cache of the system alone: the disk takes the bytes from where they lie. */
export interface DirectWrites {
  /**
   * Writes as many whole pages as the bytes begin with, and tells how many bytes that were. Undefined, with nothing written,
   * where the bytes or the position do not begin on a page, less than one is given, or the filesystem knows no such writes.
   */
  write(bytes: Uint8Array, position: number): Promise<number | undefined>
  close(): Promise<void>
}

const { O_DIRECT, O_WRONLY } = fs.constants
/** Of filesystems without such writes, or with larger pages. */
const refusals: ReadonlySet<string | undefined> = new Set(['EINVAL', 'EOPNOTSUPP'])

/** Direct writes to the file of `fd`, which may have no name; it is opened once more when the first one comes. */
export function directWrites(fd: number): DirectWrites {
  let opened: Promise<number | undefined> | undefined
  let isRefused = false

  const refuse = (): undefined => {
    isRefused = true
    return undefined
  }
  /** Whatever keeps it from being opened once more, the file that is open can be written to. */
  const open = async (): Promise<number | undefined> =>
    settle<number>((done) => fs.open(`/proc/self/fd/${fd}`, O_WRONLY | O_DIRECT, done)).catch(refuse)

  return {
    write: async (bytes, position) => {
      const length = bytes.byteLength - (bytes.byteLength % pageBytes)
      if (isRefused || length === 0 || position % pageBytes !== 0 || !beginsOnPage(bytes)) return undefined
      const direct = await (opened ??= open())
      if (direct === undefined) return undefined
      return settle<number>((done) => fs.write(direct, bytes, 0, length, position, done)).catch((error: unknown) => {
        if (!refusals.has(errnoOf(error))) throw error
        return refuse()
      })
    },
    close: async () => {
      const direct = await opened
      if (direct !== undefined) await settle<void>((done) => fs.close(direct, done))
    },
  }
}
