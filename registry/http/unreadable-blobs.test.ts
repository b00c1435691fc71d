import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { readAll } from '../../shared/web/testing/asking.ts'
import { fileDriver } from '../service/testing/blob-services.ts'
import { named, pushBlob } from '../service/testing/images.ts'
import { memoryRegistry } from '../service/testing/memory-registry.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { serve } from './testing/served.ts'

const name = named('team/app')
const content = Buffer.alloc(3_000_000, 'x')
const digest = digestOf(content)
const path = `/v2/${name}/blobs/${digest}`

/** Bytes from `broken.from` on cannot be read, until other ones are in their place. */
function breaking(driver: BlobDriver, broken: { from: number }): BlobDriver {
  return {
    ...driver,
    open: async (of) => {
      const reader = await driver.open(of)
      if (reader === undefined) return undefined
      const read: typeof reader.read = async (target, position) => {
        if (position + target.byteLength <= broken.from) return reader.read(target, position)
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
      }
      return { size: reader.size, read, close: async () => reader.close() }
    },
    setAside: async (of) => {
      await driver.setAside(of)
      broken.from = Infinity
    },
  }
}

for (const [title, from] of [
  ['at once', 0],
  ['in its middle', 2_000_000],
] as const) {
  test(`a blob that the disk cannot read ${title} is set aside before the client hears of it, and healed by the next push`, async (t) => {
    const broken = { from: Infinity }
    const { service } = await memoryRegistry({ driver: breaking(await fileDriver(t), broken) })
    const { ask, dial, finished } = await serve(t, { service })
    await pushBlob(service, name, content)
    broken.from = from
    const socket = await dial()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${from === 0 ? 'Connection: close\r\n' : ''}\r\n`)
    const text = await readAll(socket)
    t.regex(text, from === 0 ? /^HTTP\/1\.1 500 [^]*UNKNOWN/ : /^HTTP\/1\.1 200 [^]*Content-Length: 3000000\r\n/)
    t.true(text.length < from + 1000, 'it does not look whole')
    const head = await ask('HEAD', path)
    t.is(head.status, 404, 'so that it is pushed')
    const get = await ask('GET', path)
    t.deepEqual([get.status, get.codes], [500, ['UNKNOWN']])
    t.regex(get.message, /push it again/)
    t.like(finished[0], { codes: ['UNKNOWN'], isAborted: from > 0 })
    await pushBlob(service, name, content)
    t.true((await ask('GET', path)).body.equals(content))
  })
}
