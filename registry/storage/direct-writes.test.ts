import { randomBytes } from 'node:crypto'
import fs, { mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pageBytes, pageMemory } from '../../shared/sys/page-memory.ts'
import { directWrites } from './direct-writes.ts'

function openFile(t: ExecutionContext): { fd: number; file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'direct-writes-'))
  const file = path.join(folder, 'file')
  const fd = fs.openSync(file, 'w+')
  t.teardown(() => {
    fs.closeSync(fd)
    rmSync(folder, { recursive: true })
  })
  return { fd, file }
}

function filled(bytes: number): Uint8Array {
  const all = new Uint8Array(pageMemory(bytes) ?? new SharedArrayBuffer(bytes)).subarray(0, bytes)
  all.set(randomBytes(bytes))
  return all
}

test('whole pages are written, what is over is left', async (t) => {
  const { fd, file } = openFile(t)
  const direct = directWrites(fd)
  const bytes = filled(3 * pageBytes + 5)
  t.is(await direct.write(bytes, 0), 3 * pageBytes)
  t.is(await direct.write(bytes.subarray(pageBytes), 3 * pageBytes), 2 * pageBytes)
  const pages = [bytes.subarray(0, 3 * pageBytes), bytes.subarray(pageBytes, 3 * pageBytes)]
  t.true(readFileSync(file).equals(Buffer.concat(pages)))
  await direct.close()
})

test('a file that has lost its name is written to as well', async (t) => {
  const { fd, file } = openFile(t)
  unlinkSync(file)
  const direct = directWrites(fd)
  t.is(await direct.write(filled(pageBytes), pageBytes), pageBytes)
  t.is(fs.fstatSync(fd).size, 2 * pageBytes)
  await direct.close()
})

test('what does not begin on pages is not written, nor is less than one', async (t) => {
  const { fd } = openFile(t)
  const direct = directWrites(fd)
  const bytes = filled(2 * pageBytes)
  t.is(await direct.write(bytes, 512), undefined, 'position')
  t.is(await direct.write(bytes.subarray(512), 0), undefined, 'memory')
  t.is(await direct.write(randomBytes(pageBytes), 0), undefined, 'memory of others')
  t.is(await direct.write(bytes.subarray(0, pageBytes - 1), 0), undefined, 'less than a page')
  t.is(fs.fstatSync(fd).size, 0)
  await direct.close()
})

test('nothing is written directly where that is refused', async (t) => {
  const device = fs.openSync('/proc/self/comm', 'r+') // a filesystem without direct writes
  const direct = directWrites(device)
  t.is(await direct.write(filled(pageBytes), 0), undefined)
  t.is(await direct.write(filled(pageBytes), 0), undefined)
  await direct.close()
  fs.closeSync(device)
})

test('a file that cannot be opened once more is not written to directly, and nothing fails', async (t) => {
  const direct = directWrites(2 ** 30)
  t.is(await direct.write(filled(pageBytes), 0), undefined)
  await t.notThrowsAsync(direct.close())
})
