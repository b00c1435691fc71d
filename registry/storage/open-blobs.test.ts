import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { OpenFile } from './files.ts'
import { createOpenBlobs, type OpenBlobs } from './open-blobs.ts'

interface Counted {
  readonly blobs: OpenBlobs
  /** What was opened, and what of it is still open. */
  readonly opened: string[]
  readonly open: Set<OpenFile>
  /** Contents by name; those that are gone have none. */
  readonly contents: Map<string, { text: string; isNamed: boolean }>
}

function counted(options: { atMost?: number; idle?: number } = {}): Counted {
  const opened: string[] = []
  const open = new Set<OpenFile>()
  const contents = new Map<string, { text: string; isNamed: boolean }>()
  const fileOf = (content: { text: string; isNamed: boolean }): OpenFile => {
    const file: OpenFile = {
      look: () => ({ size: content.text.length, isNamed: content.isNamed, isShared: false }),
      read: async (target, position) => {
        await sleep(5)
        if (!open.has(file)) throw new Error('read from a file that is closed')
        return Buffer.from(content.text).copy(target, 0, position)
      },
      write: async () => 0,
      truncate: async () => undefined,
      startWriteBack: async () => undefined,
      sync: async () => undefined,
      close: async () => void open.delete(file),
    }
    open.add(file)
    return file
  }
  const files = {
    open: async (path: string): Promise<OpenFile | undefined> => {
      opened.push(path)
      const content = contents.get(path)
      return content && fileOf(content)
    },
  }
  return { blobs: createOpenBlobs({ files, ...options }), opened, open, contents }
}

test('a file is opened once for many readers, at the same time and later', async (t) => {
  const { blobs, opened, contents } = counted()
  contents.set('a', { text: 'hello', isNamed: true })
  const readers = await Promise.all(Array.from({ length: 5 }, async () => blobs.open('a')))
  for (const reader of readers) await reader?.close()
  t.is((await blobs.open('a'))?.size, 5)
  t.deepEqual(opened, ['a'])
})

test('who shares a look that began before the file was there looks again', async (t) => {
  const { blobs, contents } = counted()
  const early = blobs.open('a')
  contents.set('a', { text: 'hello', isNamed: true })
  const late = blobs.open('a')
  t.is(await early, undefined)
  t.is((await late)?.size, 5)
})

test('one that is not there is looked for each time', async (t) => {
  const { blobs, opened, contents } = counted()
  t.is(await blobs.open('a'), undefined)
  contents.set('a', { text: 'hello', isNamed: true })
  t.is((await blobs.open('a'))?.size, 5)
  t.is(opened.length, 2)
})

test('a file is closed after its last reader when it was forgotten, and not before', async (t) => {
  const { blobs, open, contents } = counted()
  contents.set('a', { text: 'hello', isNamed: true })
  const reader = await blobs.open('a')
  blobs.forget('a')
  t.is(open.size, 1)
  const target = Buffer.alloc(5)
  const reading = reader?.read(target, 0)
  await reader?.close()
  t.is(open.size, 1, 'a read is under way')
  t.is(await reading, 5)
  await sleep(1)
  t.is(open.size, 0)
  await t.throwsAsync(async () => reader?.read(target, 0), { message: /closed/ })
})

test('one whose name is gone, or leads elsewhere, is opened anew', async (t) => {
  const { blobs, opened, open, contents } = counted()
  const old = { text: 'old', isNamed: true }
  contents.set('a', old)
  await (await blobs.open('a'))?.close()
  old.isNamed = false
  contents.set('a', { text: 'newer', isNamed: true })
  t.is((await blobs.open('a'))?.size, 5)
  contents.delete('a')
  t.is(opened.length, 2)
  t.is(open.size, 1)
})

test('files without a reader are closed when they are many, and after a while', async (t) => {
  const { blobs, open, contents } = counted({ atMost: 3, idle: 30 })
  for (const name of 'abcdefgh') {
    contents.set(name, { text: name, isNamed: true })
    await (await blobs.open(name))?.close()
  }
  await sleep(1)
  t.true(open.size <= 3)
  const kept = await blobs.open('h')
  await sleep(150)
  t.is(open.size, 1, 'the one that has a reader')
  await kept?.close()
  await sleep(150)
  t.is(open.size, 0)
})

test('closed with the driver, readers may end first', async (t) => {
  const { blobs, open, contents } = counted()
  contents.set('a', { text: 'hello', isNamed: true })
  const reader = await blobs.open('a')
  await blobs.close()
  t.is(await reader?.read(Buffer.alloc(5), 0), 5)
  await reader?.close()
  await sleep(1)
  t.is(open.size, 0)
})
