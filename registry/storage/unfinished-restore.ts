import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IbuildError, unlessMissing } from '../../shared/base/errors.ts'
import { arrayOf, asString, parseJson } from '../../shared/base/json.ts'
import { workFolders } from './work-folder.ts'

/** What the folder is called in which a data folder is restored, before the name of the process. */
export const restoringPrefix = 'restoring'

/**
 * A file in it: the names of all that is moved from it into the data folder, as a JSON array. It is there before the first of them
 * is moved, where there are several.
 */
export const movingName = 'moving.json'

/**
 * Refuses a data folder into which a backup is being restored, or was by a process that was killed before all of it was in its
 * place. STORE_INVALID. To be asked before anything is made in the folder.
 */
export async function refuseUnfinishedRestore(root: string): Promise<void> {
  for (const found of await workFolders(root, restoringPrefix)) {
    if (!(await isUnfinished(root, found.path))) continue
    const what = found.isAlive ? 'a backup is being restored into' : 'a restore did not come to its end in'
    throw new IbuildError('STORE_INVALID', `${what} ${root}`, {
      hint: found.isAlive
        ? 'Wait until it has ended.'
        : 'Restore again, into the same folder; or remove what is in it.',
    })
  }
}

/** False when all was moved and only the empty folder is left. */
async function isUnfinished(root: string, folder: string): Promise<boolean> {
  if ((await namesIn(folder)).some((name) => name !== movingName)) return true
  return (await namesIn(root)).every((name) => name.startsWith(`${restoringPrefix}-`))
}

/** What a restore that was killed has moved out of its folder already, by names in the data folder. */
export async function movedFrom(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, movingName)).catch(unlessMissing)
  if (text === undefined) return []
  const place = { code: 'STORE_INVALID', path: movingName } as const
  const names = arrayOf(asString, 100)(parseJson(text, { what: movingName }), place)
  const left = new Set(await namesIn(folder))
  const moved = names.filter((name) => /^[a-z]+$/.test(name) && !left.has(name))
  // All of it is in its place: nothing of that is to be taken back.
  return moved.length === names.length ? [] : moved
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(unlessMissing)) ?? []
}
