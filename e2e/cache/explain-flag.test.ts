import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

const dockerfile = 'FROM scratch AS base\nCOPY src /src/\nWORKDIR /w\n'

test('--explain shows every part of every step on stderr, and builds', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: dockerfile, 'src/a': '1', 'src/b': '1' })
  const first = await space.ok(['-q', '--explain', context])
  t.regex(
    first.stderr,
    /^#1 \[base 2\/3\] COPY src \/src\/\n {2}miss: first build of this step\n {2}key sha256:[0-9a-f]{12}\n/,
  )
  t.regex(first.stderr, /^ {2}\+ destination: \/src\/$/m)
  writeFileSync(join(context, 'src/a'), '2')
  const second = await space.ok(['-q', context, '--explain'])
  t.regex(second.stdout, /^sha256:[0-9a-f]{64}\n$/)
  t.regex(
    second.stderr,
    /miss: content of src\/a changed\n {2}key sha256:\w{12}, compared with sha256:\w{12} of \d{4}-/,
  )
  t.regex(second.stderr, /^ {4}destination: \/src\/$/m)
  t.regex(
    second.stderr,
    /^ {2}~ content of src: src sha256:\w{12} -> src sha256:\w{12}\n {6}content of src\/a changed$/m,
  )
  t.regex(second.stderr, /^#2 .*\n {2}miss: parent: step \[base 2\/3\] COPY src \/src\/ gave another layer$/m)
  const third = await space.ok(['-q', '--explain', context])
  t.is(third.stderr.match(/^ {2}hit$/gm)?.length, 2)
  t.notRegex(third.stderr, /^ {2}[~+-] /m)
})

interface Part {
  name: string
  change: string
  before?: string
  after?: string
  files?: unknown[]
}

interface Document {
  schema: number
  imageID: string | null
  tags: string[]
  steps: { step: number; title: string; key: string; result: string; reason?: { code: string }; parts: Part[] }[]
}

test('--explain=json prints one document in the place of the image ID', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: dockerfile, 'src/a': '1' })
  const iidfile = join(space.folder, 'iid')
  await space.ok(['-q', context])
  writeFileSync(join(context, 'src/b'), '')
  const { stdout } = await space.ok(['-q', '--explain=json', '-t', 'app', '--iidfile', iidfile, context])
  const document = JSON.parse(stdout) as Document
  t.is(document.schema, 1)
  t.is(document.imageID, readFileSync(iidfile, 'utf8'))
  t.deepEqual(document.tags, ['app:latest'])
  t.deepEqual(
    document.steps.map(({ step, title, result, reason }) => [step, title, result, reason?.code]),
    [
      [1, '[base 2/3] COPY src /src/', 'miss', 'files'],
      [2, '[base 3/3] WORKDIR /w', 'miss', 'parent'],
    ],
  )
  const changed = document.steps[0]?.parts.filter(({ change }) => change !== 'same')
  t.deepEqual(
    changed?.map(({ name, files }) => [name, files]),
    [['content of src', [{ path: 'b', change: 'added' }]]],
  )
})

test('of a build that fails --explain tells what was compared until then, before the error', async (t) => {
  const space = await makeWorkspace(t)
  const Dockerfile = 'FROM scratch\nCOPY a /a\nCOPY a /a/b\nCOPY a /c\n'
  const context = space.write('c', { Dockerfile, a: '1' })
  const text = await space.ibuild(['-q', '--explain', context])
  t.is(text.code, 1)
  t.regex(text.stderr, /^#1 .*COPY a \/a\n {2}miss: first build[^]*\n#2 .*COPY a \/a\/b\n {2}miss: first build/)
  t.regex(text.stderr, /\nibuild: .*\[COPY_DESTINATION\]\n/)
  const json = await space.ibuild(['-q', '--explain=json', context])
  t.is(json.code, 1)
  const { imageID, tags, steps } = JSON.parse(json.stdout) as Document
  t.deepEqual([imageID, tags], [null, []])
  t.deepEqual(
    steps.map(({ step, result }) => [step, result]),
    [
      [1, 'hit'],
      [2, 'miss'],
    ],
  )
  const never = await space.ibuild(['-q', '--explain', '-f', 'none', context])
  t.regex(never.stderr, /^ibuild: /, 'nothing was compared')
})

test('names that are no UTF-8 are told without a loss, to programs and to people', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY src /src/\n', 'src/a': '1' })
  await space.ok(['-q', context])
  for (const byte of [0xfe, 0xff])
    writeFileSync(Buffer.concat([Buffer.from(`${context}/src/a`), Buffer.from([byte])]), '')
  const { stdout } = await space.ok(['-q', '--explain=json', '-t', 'app', context])
  const [step] = (JSON.parse(stdout) as Document).steps
  const { files } = step?.parts.find(({ name }) => name === 'content of src') ?? {}
  t.like(files, [{ path: 'a\udcfe' }, { path: 'a\udcff' }])
  writeFileSync(Buffer.concat([Buffer.from(`${context}/src/a`), Buffer.from([0xff])]), '2')
  t.regex((await space.ok(['--explain', '--progress', 'plain', context])).stderr, /MISS content of src\/a\\xff changed/)
  const analysis = await space.ok(['analyze', 'app', '--layer', '1', '--tree', '--json'])
  t.regex(analysis.stdout, /"pathBase64": "L3NyYy9h\/g=="/)
})

test('what --explain cannot do is refused before anything is built', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: dockerfile, 'src/a': '1' })
  for (const flags of [['--explain=xml'], ['--explain=json', '-o', '-']]) {
    const { code, stdout, stderr } = await space.ibuild([...flags, context])
    t.deepEqual([code, stdout], [2, ''], stderr)
  }
  t.is((await space.ok(['images', '-q'])).stdout, '')
})
