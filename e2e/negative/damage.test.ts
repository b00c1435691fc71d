import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { readers } from './damage-readers.ts'
import { copyStore, makeDamageable, putRight } from './damage-store.ts'
import { assertFailure, type Failure } from './leftovers.ts'

/** What a file is replaced by; undefined for nothing. */
const damages: [title: string, damage: (bytes: Buffer) => Buffer | undefined][] = [
  ['a flipped bit in the middle', (bytes) => flip(bytes, 0.5)],
  ['a flipped bit near the end', (bytes) => flip(bytes, 0.98)],
  ['half of it', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['no file', () => undefined],
  ['other content', () => Buffer.from('{"version":1,"name":"x","descriptor":{}}')],
]

function flip(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes)
  const place = Math.floor(bytes.length * at)
  flipped[place] = (flipped[place] ?? 0) ^ 4
  return flipped
}

function damageFile(file: string, damage: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = damage(readFileSync(file))
  rmSync(file)
  if (bytes !== undefined) writeFileSync(file, bytes)
}

/** Files of a store by what they are. */
const kinds: [title: string, folder: string, pattern: RegExp][] = [
  ['layer tar', 'layers', /\/tar$/],
  ['layer index', 'layers', /\/index$/],
  ['layer description', 'layers', /\/meta\.json$/],
  ['manifest or config', 'blobs', /sha256/],
  ['snapshot mark', 'snapshots', /^[0-9a-f]{64}$/],
  ['cache record', 'records', /./],
  ['list of records', 'steps', /./],
  ['tag', 'tags', /./],
]

function filesOf(root: string, folder: string, pattern: RegExp): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    pattern.test(name),
  )
  return names.map((name) => join(folder, name)).filter((name) => statSync(join(root, name)).isFile())
}

const known = [
  'STORE_INVALID',
  'INDEX_INVALID',
  'LAYER_INVALID',
  'DIGEST_MISMATCH',
  'IMAGE_NOT_FOUND',
  'ARCHIVE_INVALID',
  'MANIFEST_INVALID',
  'CONFIG_INVALID',
  'JSON_INVALID',
] as const

/** What a reader gives, or the code of the error that it ends with; any error of another kind fails the test. */
async function outcome(read: () => Promise<string>): Promise<string> {
  try {
    return await read()
  } catch (error) {
    if (isIbuildError(error, ...known)) return error.code
    throw error
  }
}

const isCode = (text: string): boolean => known.some((code) => code === text)

const again = new Map(readers).get('import and build')

for (const [kind, folder, pattern] of kinds) {
  const title = `a damaged ${kind} is an error or made again, never wrong content, and the store can be put right`
  needs(
    test,
    'root',
    'tar',
  )(title, async (t) => {
    const source = await makeDamageable(t)
    const root = join(source.folder, 'damaged')
    const files = filesOf(source.root, folder, pattern)
    t.true(files.length > 0)
    const codes = new Set<string>()
    for (const [name, read] of readers) {
      copyStore(source.root, root)
      const whole = await read({ ...source, root })
      for (const file of files) {
        for (const [damage, apply] of damages) {
          copyStore(source.root, root)
          damageFile(join(root, file), apply)
          const got = await outcome(() => read({ ...source, root }))
          if (isCode(got)) codes.add(got)
          else if (kind !== 'tag') t.is(got, whole, `${name} with ${damage} in ${file}`)
          if (name !== 'build') continue
          await putRight(root)
          t.is(await again?.({ ...source, root }), whole, `made again after ${damage} in ${file}`)
        }
      }
    }
    t.log(`${files.length} files, ${[...codes].join(' ')}`)
  })
}

const rows: [title: string, folder: string, pattern: RegExp, args: readonly string[], failure: Failure][] = [
  ['a layer', 'layers', /\/tar$/, ['-q', '-t', 'bad', '-'], { error: 'DIGEST_MISMATCH', says: ['index says'] }],
  [
    'a layer that is saved',
    'layers',
    /\/tar$/,
    ['save', '-o', 'x.tar', 'base'],
    { error: 'DIGEST_MISMATCH', says: ['prune --all'] },
  ],
  [
    'an index',
    'layers',
    /\/index$/,
    ['-q', '-t', 'bad', '-'],
    { error: 'INDEX_INVALID', says: ['hint: Remove the file'] },
  ],
  ['a config or manifest', 'blobs', /./, ['inspect', 'base'], { error: 'STORE_INVALID', says: ['damaged'] }],
  ['a tag', 'tags', /./, ['inspect', 'base'], { error: 'STORE_INVALID', says: ['hint: Remove the file'] }],
  ['the format', '.', /^ibuild-store\.json$/, ['images'], { error: 'STORE_INVALID', says: ['damaged'] }],
]

for (const [title, folder, pattern, args, failure] of rows) {
  test(`the command says that ${title} is damaged, and how`, async (t) => {
    const space = await makeWorkspace(t)
    const text = `FROM scratch\nCOPY <<E /file\n${'content '.repeat(500)}\nE\n`
    await space.ok(['-q', '-t', 'base', '-'], { input: text })
    for (const file of filesOf(space.root, folder, pattern))
      damageFile(join(space.root, file), (bytes) => flip(bytes, 0.4))
    assertFailure(
      t,
      await space.ibuild(args, { input: 'FROM base\nFROM scratch\nCOPY --from=0 /file /copy\n' }),
      failure,
    )
    t.false(existsSync(join(space.folder, 'x.tar')))
  })
}
