import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { algorithmOf, hexOf } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { syncPath } from '../../shared/cas/disk.ts'
import { blobPlace, type RegistryLayout } from '../storage/layout.ts'
import type { Aside } from './types.ts'

/**
 * The folder `aside` of a registry. Bytes of a blob are `ALGORITHM-HEX.TIME` there when they are corrupt, with `unnamed-` before
 * that when nobody has them; rows are lines of JSON in a file for each run.
 */
export function createAside(layout: RegistryLayout, now: () => number = Date.now): Aside {
  const rows = join(layout.aside, `rows-${now()}-${randomBytes(3).toString('hex')}.jsonl`)
  const file: Aside['file'] = async (path, name) => {
    await makeFolder(layout.aside)
    const target = join(layout.aside, `${name}.${now()}-${randomBytes(3).toString('hex')}`)
    try {
      await rename(path, target)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      throw error
    }
    await syncPath(layout.aside)
    await syncPath(dirname(path))
  }
  return {
    file,
    blob: async (digest, why) => {
      const name = `${algorithmOf(digest)}-${hexOf(digest)}`
      await file(blobPlace(layout, digest).file, why === 'unnamed' ? `unnamed-${name}` : name)
    },
    row: async (key, value) => {
      await makeFolder(layout.aside)
      await appendFile(rows, `${JSON.stringify({ key, value })}\n`, { mode: 0o600, flush: true })
      await syncPath(layout.aside)
    },
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
}
