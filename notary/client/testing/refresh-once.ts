// `node refresh-once.ts CACHE SERVED GUN`: brings a trust cache up to date from a folder with the files of a server, by their encoded names.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unlessMissing } from '../../../shared/base/errors.ts'
import { parseGun } from '../../tuf/gun.ts'
import { refreshCollection } from '../../verifier/refresh.ts'
import { folderTrustCache } from '../cache/folder-cache.ts'

const [cache = '', served = '', gun = ''] = process.argv.slice(2)

await refreshCollection(parseGun(gun), {
  source: { fetch: (_, name) => readFile(join(served, encodeURIComponent(name))).catch(unlessMissing) },
  cache: folderTrustCache(cache),
  pinning: { keys: new Map(), authorities: new Map(), allowsFirstUse: true },
  unreachable: 'refuse',
})
