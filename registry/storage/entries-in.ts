import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { unlessMissing } from '../../shared/base/errors.ts'

/** What lies in a folder, in the order of the names; nothing where there is no such folder. */
export async function entriesIn(folder: string): Promise<readonly Dirent[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(unlessMissing)) ?? []
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}
