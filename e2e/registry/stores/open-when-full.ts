import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { fillDisk } from '../../testing/own-disk.ts'

/** Fills the disk that it is given, while nobody has the metadata on it open, and opens them then. Prints what it read. */
const [disk = ''] = process.argv.slice(2)
const folder = path.join(disk, 'metadata')
const options = { folder, ballast: 4 * 2 ** 20 }

const first = await openLevelMetadata(options)
await first.commit({ put: [{ key: 'a', value: '1' }] })
for (let n = 0; n < 200 && !existsSync(path.join(folder, 'ballast')); n++) await sleep(20)
await first.close()
fillDisk(path.join(disk, 'filler'))
const store = await openLevelMetadata(options)
const before = await store.get('a')
await store.commit({ remove: ['a'] })
console.log(JSON.stringify([before, (await store.get('a')) ?? 'removed']))
await store.close()
