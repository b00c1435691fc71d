import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Check, checks, digestChecks } from './check.ts'
import { assertHeader, assertStatus, type Scene } from './scene.ts'
import type { Answer } from './wire.ts'

const size = 2048
const content = randomBytes(size)

async function ranged(scene: Scene, range: string): Promise<Answer> {
  const { digest } = await scene.pushBlob(content)
  return scene.askHere('GET', `blobs/${digest}`, { headers: { Range: range } })
}

/** A check that a range gives bytes `start` to `end`. */
const gives =
  (range: string, [start, end]: readonly [number, number]): Check['run'] =>
  async (scene) => {
    const answer = await ranged(scene, range)
    assertStatus(answer, 206)
    assert.deepEqual(answer.body, content.subarray(start, end + 1))
    assertHeader(answer, 'content-range', `bytes ${start}-${end}/${size}`)
    assertHeader(answer, 'content-length', String(end - start + 1))
  }

const refuses =
  (range: string): Check['run'] =>
  async (scene) => {
    const answer = await ranged(scene, range)
    assertStatus(answer, 416)
    assertHeader(answer, 'content-range', `bytes */${size}`)
  }

const ignores =
  (range: string): Check['run'] =>
  async (scene) => {
    const answer = await ranged(scene, range)
    assertStatus(answer, 200)
    assert.deepEqual(answer.body, content)
  }

const parts: readonly Check[] = digestChecks('Pulling blobs: Range (RFC 9110, 14)', [
  ['range-middle', 'SHOULD', 'gives bytes 500-1499', gives('bytes=500-1499', [500, 1499])],
  ['range-open', 'SHOULD', 'gives all from byte 500', gives('bytes=500-', [500, size - 1])],
  ['range-suffix', 'SHOULD', 'gives the last 500 bytes', gives('bytes=-500', [size - 500, size - 1])],
  ['range-beyond', 'SHOULD', 'cuts a range that ends beyond the end', gives('bytes=2000-5000', [2000, size - 1])],
  ['range-first', 'SHOULD', 'gives the first byte alone', gives('bytes=0-0', [0, 0])],
  ['range-last', 'SHOULD', 'gives the last byte alone', gives('bytes=2047-2047', [2047, 2047])],
  ['range-all', 'SHOULD', 'gives the whole as a part', gives('bytes=0-', [0, size - 1])],
  ['range-long-suffix', 'SHOULD', 'gives the whole for a suffix that is longer', gives('bytes=-9999', [0, size - 1])],
  ['range-backwards', 'SHOULD', 'answers 416 to 500-0', refuses('bytes=500-0')],
  ['range-outside', 'SHOULD', 'answers 416 to a range that begins beyond the end', refuses('bytes=5000-10000')],
  ['range-at-end', 'SHOULD', 'answers 416 to a range that begins at the end', refuses('bytes=2048-')],
])

const others: readonly Check[] = checks('Pulling blobs: Range (RFC 9110, 14)', [
  ['range-unit', 'MUST', 'ignores another unit', ignores('lines=1-2')],
  [
    'range-advertised',
    'SHOULD',
    'says that it takes ranges of bytes',
    async (scene) => {
      const { digest } = await scene.pushBlob()
      for (const method of ['GET', 'HEAD'])
        assertHeader(await scene.askHere(method, `blobs/${digest}`), 'accept-ranges', 'bytes')
    },
  ],
  [
    'range-empty-blob',
    'SHOULD',
    'answers 416 to a range of an empty blob',
    async (scene) => {
      const { digest } = await scene.pushBlob('')
      assertStatus(await scene.askHere('GET', `blobs/${digest}`, { headers: { Range: 'bytes=0-' } }), 416)
    },
  ],
  [
    'range-several',
    'MUST',
    'gives several ranges as multipart, or the whole',
    async (scene) => {
      const answer = await ranged(scene, 'bytes=0-9,100-109')
      assertStatus(answer, 200, 206)
      if (answer.status === 200) assert.deepEqual(answer.body, content)
      else assertHeader(answer, 'content-type', /^multipart\/byteranges/)
    },
  ],
  [
    'range-resume',
    'SHOULD',
    'lets a pull go on where it broke off',
    async (scene) => {
      const { digest } = await scene.pushBlob(content)
      const pieces: Buffer[] = []
      for (let at = 0; at < size; at += 700) {
        const answer = await scene.askHere('GET', `blobs/${digest}`, { headers: { Range: `bytes=${at}-${at + 699}` } })
        assertStatus(answer, 206)
        pieces.push(answer.body)
      }
      assert.deepEqual(Buffer.concat(pieces), content)
    },
  ],
])

/** Parts of blobs. */
export const ranges: readonly Check[] = [...parts, ...others]
