import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { RegistryError } from '../protocol/error.ts'
import { createHealth, type HealthParts } from './health.ts'

const fine = async (): Promise<void> => undefined
const broken = async (): Promise<void> => Promise.reject(new Error('EIO /var/lib/secret'))

function health(t: ExecutionContext, parts: Partial<HealthParts>): ReturnType<typeof createHealth> {
  const service = { tryReading: fine, tryWriting: fine }
  return createHealth({ service, folder: temporaryFolder(t), isDraining: () => false, ...parts })
}

test('what works has nothing against it, and nothing stays of the try', async (t) => {
  const folder = temporaryFolder(t)
  const ready = health(t, { folder })
  for (const answer of await Promise.all([ready(), ready()])) t.deepEqual(answer, { serving: [], pushing: [] })
  t.deepEqual(readdirSync(folder), [])
})

const full = new RegistryError('UNAVAILABLE', 'the disk is full')
const rows: readonly [title: string, parts: Partial<HealthParts>, serving: string[], pushing: string[]][] = [
  ['a server that stops', { isDraining: () => true }, ['the server is shutting down'], []],
  [
    'metadata that cannot be read',
    { service: { tryReading: broken, tryWriting: fine } },
    ['the metadata cannot be read'],
    [],
  ],
  [
    'metadata that cannot be written',
    { service: { tryReading: fine, tryWriting: broken } },
    [],
    ['the metadata cannot be written'],
  ],
  [
    'what refuses pushes',
    { service: { tryReading: fine, tryWriting: () => Promise.reject(full) } },
    [],
    ['the disk is full'],
  ],
  ['a folder that is gone', { folder: '/nowhere/at/all' }, [], ['the disk cannot be written to']],
]
for (const [title, parts, serving, pushing] of rows)
  test(`${title} is told, without a path`, async (t) => t.deepEqual(await health(t, parts)(), { serving, pushing }))

test('a disk that does not answer is told in time, and asked no second time meanwhile', async (t) => {
  let asked = 0
  const tryReading = async (): Promise<void> => {
    asked++
    await new Promise(() => undefined)
  }
  const ready = health(t, { service: { tryReading, tryWriting: fine }, patience: 20 })
  t.deepEqual((await ready()).serving, ['the disk does not answer'])
  t.deepEqual((await ready()).serving, ['the disk does not answer'])
  t.is(asked, 1)
})

test('an answer holds for two seconds, then all is tried again', async (t) => {
  const folder = join(temporaryFolder(t), 'a')
  mkdirSync(folder)
  const ready = health(t, { folder })
  t.deepEqual((await ready()).pushing, [])
  rmSync(folder, { recursive: true })
  t.deepEqual((await ready()).pushing, [])
  await sleep(2100)
  t.is((await ready()).pushing.length, 1)
})
