import { appendFileSync } from 'node:fs'
import { parseName } from '../../../registry/protocol/names.ts'
import { createService } from '../../../registry/service/create-service.ts'
import { body } from '../../../registry/service/testing/bodies.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { digestOf } from '../../../shared/base/digest.ts'

/**
 * A program for crash tests: uploads, mounts and removes blobs in the registry of a data folder, and writes a line to a file
 * whenever it was told that something is done. Arguments: the data folder, the file, a text that makes the blobs others.
 */
const [root = '', log = '', salt = ''] = process.argv.slice(2)
const tell = (line: string): void => appendFileSync(log, `${line}\n`)

const driver = await openFileDriver(root)
const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'group' })
const service = await createService({ driver, metadata })
const { uploads, blobs } = service
const [one, two] = [parseName('team/one'), parseName('two')]
const [first, second] = [`first ${salt}`, `second ${salt}`]

const { id } = await uploads.start(one)
for (const part of ['fir', 'st ']) {
  const { offset } = await uploads.append(one, id, { bytes: body(part) })
  tell(`upload ${id} ${offset}`)
}
await uploads.finish(one, id, { digest: digestOf(first), body: { bytes: body(salt) } })
tell(`link ${one} ${first}`)
const whole = await uploads.start(one)
await uploads.finish(one, whole.id, { digest: digestOf(second), body: { bytes: body(second) } })
tell(`link ${one} ${second}`)
await blobs.mount(two, digestOf(first), { from: one })
tell(`link ${two} ${first}`)
tell(`removing ${one} ${first}`)
await blobs.remove(one, digestOf(first))
tell(`removed ${one} ${first}`)
tell(`removing ${one} ${second}`)
await blobs.remove(one, digestOf(second))
tell(`removed ${one} ${second}`)
await service.close()
