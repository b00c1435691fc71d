import test from 'ava'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { memoryTree } from '../context/memory.ts'
import { selectSources } from './select-sources.ts'
import { copyRequest, location } from './testing/requests.ts'
import { type EntrySpec, treeOf } from './testing/specs.ts'
import type { SelectRequest } from './types.ts'

const files: readonly EntrySpec[] = [
  { p: 'package.json', t: 'f', m: '644', c: '{}', s: 1 },
  { p: 'src', t: 'd', m: '755', s: 2 },
  { p: 'src/a.ts', t: 'f', m: '644', c: 'a', s: 3 },
  { p: 'src/b.ts', t: 'f', m: '644', c: 'b', s: 4 },
  { p: 'src/sub', t: 'd', m: '755', s: 5 },
  { p: 'src/l', t: 'l', l: 'a.ts' },
  { p: 'dangling', t: 'l', l: 'nowhere' },
  { p: 'src/twin', t: 'h', l: 'src/a.ts' },
]

async function keys(specs: readonly EntrySpec[], changes: Partial<SelectRequest> = {}): Promise<string> {
  return JSON.stringify((await selectSources(copyRequest({ source: treeOf(specs), ...changes }))).keyParts)
}

const src: Partial<SelectRequest> = { sources: ['src'] }

function changed(path: string, change: Partial<EntrySpec>): EntrySpec[] {
  return files.map((spec) => (spec.p === path ? { ...spec, ...change } : spec))
}

test('times make no difference to the key', async (t) => {
  t.is(
    await keys(files, src),
    await keys(
      files.map((spec) => ({ ...spec, s: 99 })),
      src,
    ),
  )
})

const different: readonly [string, readonly EntrySpec[]][] = [
  ['content', changed('src/b.ts', { c: 'B' })],
  ['a mode', changed('src/b.ts', { m: '755' })],
  ['the mode of a directory', changed('src/sub', { m: '700' })],
  ['a link', changed('src/l', { l: 'b.ts' })],
  ['a type', changed('src/sub', { t: 'f', c: '' })],
  ['a name', changed('src/b.ts', { p: 'src/c.ts' })],
  ['a file more', [...files, { p: 'src/z', t: 'f' }]],
  ['a file less', files.filter(({ p }) => p !== 'src/b.ts')],
  ['a hardlink that is none any more', changed('src/twin', { t: 'f', m: '644', c: 'a' })],
]

for (const [what, specs] of different) {
  test(`${what} makes a difference to the key`, async (t) => {
    t.not(await keys(specs, src), await keys(files, src))
  })
}

test('what is not copied makes no difference', async (t) => {
  const base = await keys(files, src)
  t.is(await keys(changed('package.json', { c: 'other' }), src), base)
  t.is(await keys(changed('src', { m: '700' }), src), base)
  t.is(await keys([...files, { p: 'outside', t: 'h', l: 'src/b.ts' }], src), base)
})

test('owners count for an image without --chown, modes without an octal --chmod', async (t) => {
  const owned = changed('src/b.ts', { u: 5 })
  t.is(await keys(owned, src), await keys(files, src))
  t.not(await keys(owned, { ...src, sourceIsImage: true }), await keys(files, { ...src, sourceIsImage: true }))
  const both = { ...src, sourceIsImage: true, chown: '1' }
  t.is(await keys(owned, both), await keys(files, both))
  const executable = changed('src/b.ts', { m: '755' })
  t.is(await keys(executable, { ...src, chmod: '644' }), await keys(files, { ...src, chmod: '644' }))
  t.not(await keys(executable, { ...src, chmod: 'u+r' }), await keys(files, { ...src, chmod: 'u+r' }))
})

test('parts are named after what they are of', async (t) => {
  const request = copyRequest({
    source: treeOf(files),
    sources: ['package.json', 'src/*.ts', '.', '*.zip'],
    inlineFiles: [{ name: 'run.sh', content: 'x' }],
  })
  const { keyParts } = await selectSources(request)
  t.deepEqual(
    keyParts.map(({ name }) => name),
    [
      'content of package.json',
      'matches of src/*.ts',
      'content of src/a.ts',
      'content of src/b.ts',
      'content of .',
      'matches of *.zip',
      'file run.sh',
    ],
  )
})

interface Missing {
  readonly word: string
  readonly message: RegExp
  readonly hint?: RegExp
  readonly changes?: Partial<SelectRequest>
}

const hides: SelectRequest['describeIgnored'] = (path) =>
  path === 'secret/key' || path === 'nowhere' ? { file: '.dockerignore', line: 3, pattern: 'secret' } : undefined

const missing: readonly Missing[] = [
  {
    word: 'pakage.json',
    message: /^COPY: "pakage.json" does not exist in the build context$/,
    hint: /Did you mean package.json\?/,
  },
  { word: 'src/a.js', message: /"src\/a.js" does not exist/, hint: /Did you mean src\/a.ts\?/ },
  { word: 'scr/a.ts', message: /"scr\/a.ts" does not exist/, hint: /Did you mean src\/a.ts\?/ },
  { word: 'app/package.json', message: /does not exist/, hint: /Did you mean package.json\?/ },
  { word: '../x/y', message: /does not exist/, hint: /outside of the build context/ },
  { word: 'nothing-like-it', message: /does not exist in the build context$/ },
  { word: 'scr/*.ts', message: /"scr\/\*.ts" does not exist/, hint: /Did you mean src\?/ },
  {
    word: 'secret/key',
    message: /line 3 of .dockerignore \(secret\) hides it$/,
    hint: /!secret\/key/,
    changes: { describeIgnored: hides },
  },
  { word: 'dangling', message: /line 3 of .dockerignore/, changes: { describeIgnored: hides } },
  { word: 'dangling', message: /symbolic link to "nowhere", which does not exist/ },
  { word: 'x', message: /does not exist in the image or stage/, changes: { sourceIsImage: true } },
]

for (const { word, message, hint, changes } of missing) {
  test(`missing ${word} (${message.source})`, async (t) => {
    const work = selectSources(copyRequest({ source: treeOf(files), sources: ['src', word], ...changes }))
    const error = await t.throwsAsync(work, { instanceOf: IbuildError })
    t.is(error?.code, 'COPY_SOURCE_MISSING')
    t.regex(error?.message ?? '', message)
    if (hint === undefined) t.is(error?.hint, changes?.describeIgnored === undefined ? undefined : error?.hint)
    else t.regex(error?.hint ?? '', hint)
    t.is(error?.location, location)
  })
}

const refused: readonly [Partial<SelectRequest>, ErrorCode, RegExp][] = [
  [{ sources: ['http://x/y'] }, 'DOCKERFILE_SYNTAX', /can't be a URL for COPY/],
  [{ sources: ['git@github.com:a/b.git'] }, 'DOCKERFILE_SYNTAX', /can't be a git ref for COPY/],
  [{ sources: ['https://x/y'], kind: 'ADD' }, 'NOT_SUPPORTED', /ADD of a URL is not supported yet/],
  [{ sources: ['[a'] }, 'DOCKERFILE_SYNTAX', /pattern "\[a" is malformed/],
  [{ chmod: 'u+z' }, 'DOCKERFILE_SYNTAX', /invalid chmod parameter/],
]

for (const [changes, code, message] of refused) {
  test(`${JSON.stringify(changes)} is ${code}`, async (t) => {
    const error = await t.throwsAsync(selectSources(copyRequest(changes)), { instanceOf: IbuildError, message })
    t.is(error?.code, code)
    t.is(error?.location, location)
  })
}

test('only files that are used are hashed', async (t) => {
  const tree = treeOf(files)
  const asked: string[] = []
  const source = {
    lstat: (path: string) => {
      const entry = tree.lstat(path)
      return entry === undefined ? undefined : { ...entry, digest: undefined }
    },
    list: (path: string) => tree.list(path),
    linkGroup: () => undefined,
    open: (path: string) => tree.open(path),
    digest: (path: string) => {
      asked.push(path)
      return tree.digest(path)
    },
  }
  await selectSources(copyRequest({ source, sources: ['package.json'] }))
  t.deepEqual(asked, ['package.json'])
  await selectSources(copyRequest({ source, sources: ['src/[b]*'] }))
  t.deepEqual(asked, ['package.json', 'src/b.ts'])
})

test('names that are not UTF-8 are matched and copied', async (t) => {
  const specs: EntrySpec[] = [
    { p: 'é\xff.txt', t: 'f', c: 'x' },
    { p: 'caf\xc3\xa9', t: 'f', c: 'y' },
  ]
  const { sources } = await selectSources(copyRequest({ source: treeOf(specs), sources: ['*.txt', 'café'] }))
  t.deepEqual(
    sources.map(({ path }) => path),
    ['é\xff.txt', 'caf\xc3\xa9'],
  )
})

test('an empty tree can be copied', async (t) => {
  const { sources } = await selectSources(copyRequest({ source: memoryTree([]) }))
  t.deepEqual([...(sources[0]?.below ?? ['none'])], [])
})
