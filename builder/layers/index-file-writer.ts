import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import type { LayerEntry } from './entry.ts'
import { IndexEncoder } from './index-encode.ts'

/** An index file that is written while the records come. */
export interface IndexFileWriter {
  /** Errors: INDEX_INVALID. */
  add(record: LayerEntry): void
  /** Completes the file. It is not synced. */
  end(): void
  /** Closes the file, complete or not; may be called again. */
  close(): void
}

/** Opens `file` for an index, replacing it. */
export function openIndexFile(file: string): IndexFileWriter {
  const fd = openSync(file, 'w+')
  let isOpen = true
  const encoder = new IndexEncoder({
    write: (bytes) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
    },
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafeSlow(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
    },
  })
  return {
    add: (record) => encoder.add(record),
    end: () => encoder.end(),
    close: () => {
      if (isOpen) closeSync(fd)
      isOpen = false
    },
  }
}
