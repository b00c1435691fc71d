import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from './disk.ts'

/** Who may do what with a file, and whose it is: this process's unless told otherwise. */
export interface Permissions {
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * Replaces a small file, and resolves when that survives a power cut. Readers see the old or the new content, and nobody ever
 * more of it than its mode allows. One at a time.
 */
export async function writeDurably(file: string, content: string, permissions: number | Permissions): Promise<void> {
  const { mode, owner } = typeof permissions === 'number' ? { mode: permissions, owner: undefined } : permissions
  const temporary = `${file}.new`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(content)
    if (owner !== undefined) {
      await handle.chown(owner.uid, owner.gid)
      await handle.chmod(mode) // whatever the umask says
    }
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true }) // what did not fit only takes room
    throw error
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
  await syncPath(dirname(file))
}
