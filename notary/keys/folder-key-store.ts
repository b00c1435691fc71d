import type { Dirent } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { readStart } from '../../shared/cas/read-start.ts'
import { writeDurably } from '../../shared/cas/write-durably.ts'
import { isKeyID } from '../tuf/key.ts'
import type { KeyID } from '../tuf/types.ts'
import { mostKeyFile } from './key-file.ts'
import { byID, storedKey } from './stored-key.ts'
import type { KeyStore, KeyUse, StoredKey } from './types.ts'

/** Old clients put keys below folders that are named after collections. */
const deepest = 40

/** A file that is named like a key. Old clients told by its place what it is for. */
interface Place extends KeyUse {
  readonly path: string
  readonly id: KeyID
}

/**
 * Docker's key store: `~/.docker/trust/private` or `~/.notary/private`. It is made when a key is first written, for its owner alone.
 * ```
 * <canonical ID>.key                      what is written
 * root_keys/<ID>[_root].key               also read: older clients
 * tuf_keys/<GUN>/<ID>[_<role>].key
 * ```
 */
export function createFolderKeyStore(folder: string): KeyStore {
  const own = (id: KeyID): string => join(folder, `${id}.key`)
  const places = async (id: KeyID): Promise<readonly Place[]> =>
    (await findPlaces(folder, [])).filter((place) => place.id === id)
  const place = async (id: KeyID): Promise<Place | undefined> => (await places(id))[0]
  return {
    list: async () => listKeys(await findPlaces(folder, [])),
    async find(id) {
      const found = await place(id)
      return found === undefined ? undefined : storedKey(id, await readText(found.path), found)
    },
    async read(id) {
      const text = await readText(own(id))
      if (text !== undefined) return text
      const found = await place(id)
      return found === undefined ? undefined : readText(found.path)
    },
    async write(id, pem) {
      await changing(folder, async () =>
        mapDiskFull(async () => {
          makeFolders(folder, 0o700)
          await writeDurably(own(id), pem, 0o600)
          await syncPath(dirname(folder))
        }),
      )
    },
    async remove(id) {
      const found = await places(id)
      await changing(folder, async () => {
        await Promise.all(found.map(({ path }) => rm(path, { force: true })))
        await Promise.all(found.map(({ path }) => syncPath(dirname(path))))
      })
      return found.length > 0
    },
  }
}

/** Of a folder `names` below the store; what lies nearest the top comes first. */
async function findPlaces(folder: string, names: readonly string[]): Promise<readonly Place[]> {
  const entries = await entriesOf(join(folder, ...names))
  const here = entries.flatMap((entry) => (entry.isDirectory() ? [] : (placeOf(folder, [...names, entry.name]) ?? [])))
  const below = names.length === deepest ? [] : entries.filter((entry) => entry.isDirectory())
  const deeper = await inParallel(below, { atOnce: 4 }, ({ name }) => findPlaces(folder, [...names, name]))
  return [...here, ...deeper.flat()]
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return []
    throw unreadable(folder, cause)
  }
}

function placeOf(folder: string, names: readonly string[]): Place | undefined {
  const [, id = '', role] = /^([0-9a-f]{64})(?:_([a-z0-9/_-]+))?\.key$/.exec(names.at(-1) ?? '') ?? []
  const gun = names[0] === 'tuf_keys' && names.length > 2 ? names.slice(1, -1).join('/') : undefined
  return isKeyID(id) ? { path: join(folder, ...names), id, role, gun } : undefined
}

async function listKeys(places: readonly Place[]): Promise<readonly StoredKey[]> {
  const keys = await inParallel(places, { atOnce: 8 }, async (place) =>
    storedKey(place.id, await readText(place.path), place),
  )
  const found = new Map<KeyID, StoredKey>()
  for (const key of keys) if (key !== undefined && !found.has(key.id)) found.set(key.id, key)
  return [...found.values()].sort(byID)
}

/** Undefined when there is no file; one that is too large for keys is read as far as that. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readStart(path, mostKeyFile)).toString('utf8')
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
}

/** Does something to the store. Errors: KEY_INVALID when the system does not let it. */
async function changing(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === undefined) throw cause
    throw new IbuildError('KEY_INVALID', `private keys in ${folder} cannot be changed (${errno})`, {
      hint: 'Who makes and removes keys must be allowed to write that folder; --trust-dir names another one.',
      cause,
    })
  }
}

function unreadable(path: string, cause: unknown): IbuildError {
  return new IbuildError('KEY_INVALID', `${path} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, {
    hint: 'The folder of private keys and the files in it must be readable for who signs.',
    cause,
  })
}
