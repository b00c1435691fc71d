import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const withRuntime = needs(test, 'root', 'busybox', 'tar', 'runc')

interface Report {
  readonly image: { readonly name: string | null; readonly id: string; readonly base: string | null }
  readonly totals: {
    readonly files: number
    readonly bytes: number
    readonly wastedBytes: number
    readonly efficiency: number
  }
  readonly own: { readonly bytes: number; readonly wastedBytes: number; readonly wastedPercent: number }
  readonly layers: readonly {
    readonly layer: number
    readonly instruction: string
    readonly location: { readonly file: string; readonly startLine: number; readonly endLine: number } | null
    readonly cached?: boolean
    readonly inBase: boolean
    readonly bytes: number
    readonly wastedBytes: number
  }[]
  readonly findings: readonly {
    readonly kind: string
    readonly bytes: number
    readonly layer: number
    readonly hiddenBy?: number
    readonly directory: string
    readonly rewrite: string
  }[]
  readonly secrets: readonly object[]
  readonly complete: boolean
}

async function analyze(space: Workspace, args: readonly string[]): Promise<Report> {
  return JSON.parse((await space.ok(['analyze', '--json', ...args])).stdout) as Report
}

/** An image of files only: 600 bytes, then 200 of them again under the same path, and 100 others. No rights are needed. */
async function filesImage(space: Workspace, tag = 'files'): Promise<void> {
  const context = space.write('files', {
    Dockerfile: 'FROM scratch\nCOPY one /d/\nCOPY two /d/\n',
    'one/a': 'a'.repeat(200),
    'one/b': 'b'.repeat(400),
    'two/a': 'A'.repeat(200),
    'two/c': 'c'.repeat(100),
  })
  await space.ok(['-q', '-t', tag, context])
}

test('an image of the store: sums, findings and the instruction of each layer', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const { image, totals, own, layers, findings, secrets, complete } = await analyze(space, ['files'])
  t.like(image, { name: 'files', base: null })
  t.like(totals, { files: 4, bytes: 900, wastedBytes: 200, efficiency: 700 / 900 })
  t.deepEqual(own, { bytes: 900, wastedBytes: 200, wastedPercent: (100 * 200) / 900 })
  t.deepEqual(
    layers.map(({ layer, instruction, location, bytes, wastedBytes }) => [
      layer,
      instruction,
      location,
      bytes,
      wastedBytes,
    ]),
    [
      [1, 'COPY one /d/', null, 600, 200],
      [2, 'COPY two /d/', null, 300, 0],
    ],
  )
  t.deepEqual(
    findings.map(({ kind, bytes, layer, hiddenBy, directory }) => [kind, bytes, layer, hiddenBy, directory]),
    [['overwritten', 200, 1, 2, '/d']],
  )
  t.deepEqual(secrets, [])
  t.true(complete)
})

test('the text shows the table, the rewrite and the sums', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const { stdout, stderr } = await space.ok(['analyze', 'files'])
  t.regex(stdout, /^files {2}[0-9a-f]{12} {2}2 layers, 4 files, 900B$/m)
  t.regex(stdout, /^LAYER +LINE +FILES +SIZE +WASTED +INSTRUCTION$/m)
  t.regex(stdout, /^1 +2 +600B +200B +COPY one \/d\/$/m)
  t.regex(stdout, /^ +200B {2}1 file of layer 1 overwritten by layer 2: \/d\/a\n +-> bring the final files only once/m)
  t.regex(stdout, /^Efficiency 77.8 %, wasted 200B of 900B \(22.2 %\)$/m)
  t.is(stderr, '')
})

test('--fail-waste refuses what wastes more, after showing it', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  for (const limit of ['0', '22', '22.2%']) {
    const { code, stdout, stderr } = await space.ibuild(['analyze', '--fail-waste', limit, 'files'])
    t.is(code, 3, limit)
    t.regex(stdout, /^Efficiency/m)
    t.regex(
      stderr,
      /^ibuild: 22\.2222 % of the image is wasted, more than [\d.]+ % \[WASTE_LIMIT\]\nhint: The largest: 200B in 1 file of layer 1 overwritten by layer 2: \/d\/a\. The first is saved so: bring /,
    )
  }
  for (const limit of ['22.3', '100']) t.is((await space.ibuild(['analyze', '--fail-waste', limit, 'files'])).code, 0)
})

test('--fail-waste names at most three findings, and the largest file of each', async (t) => {
  const space = await makeWorkspace(t)
  const files = Object.fromEntries(
    ['a', 'b', 'c', 'd'].flatMap((name, i) => [0, 1].map((j) => [`${name}/${j}`, 'x'.repeat(1000 * (9 - i) + j)])),
  )
  const copies = ['a', 'b', 'c', 'd'].map((name) => `COPY ${name} /${name}/\nCOPY ${name} /${name}/\n`).join('')
  await space.ok(['-t', 'many', space.write('many', { Dockerfile: `FROM scratch\n${copies}`, ...files })])
  const { code, stderr } = await space.ibuild(['analyze', '--fail-waste', '10', 'many'])
  t.is(code, 3)
  const hint = stderr.split('\n').at(-2) ?? ''
  for (const name of ['a', 'b', 'c']) t.true(hint.includes(`: /${name} (the largest is /${name}/1)`), hint)
  t.false(hint.includes('/d'))
})

test('--base tells the layers of the base apart', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const context = space.write('on', {
    Dockerfile: 'FROM files\nCOPY x /x\nCOPY y /x\n',
    x: 'x'.repeat(50),
    y: 'y'.repeat(50),
  })
  await space.ok(['-q', '-t', 'on', context])
  const report = await analyze(space, ['--base', 'files', 'on'])
  t.is(report.image.base, 'files')
  t.deepEqual(
    report.layers.map(({ inBase }) => inBase),
    [true, true, false, false],
  )
  t.like(report.totals, { bytes: 1000, wastedBytes: 250 })
  t.deepEqual(report.own, { bytes: 100, wastedBytes: 50, wastedPercent: 50 })
  const text = (await space.ok(['analyze', '--base', 'files', 'on'])).stdout
  t.regex(text, /^above the base: wasted 50B of 100B \(50 %\)$/m)
  t.regex(text, /1 within the base \(200B\): see --json/)
  t.is((await space.ibuild(['analyze', '--fail-waste', '30', 'on'])).code, 0)
  t.is((await space.ibuild(['analyze', '--fail-waste', '30', '--base', 'files', 'on'])).code, 3)
})

test('--build has the lines of the Dockerfile, of the stages below too, and knows the base', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const context = space.write('c', {
    Dockerfile: 'FROM files AS one\n\nCOPY x \\\n  /x\nFROM one\nCOPY y /x\n',
    x: 'x'.repeat(50),
    y: 'y'.repeat(50),
  })
  const first = await analyze(space, ['--build', '-t', 'built', context])
  t.is(first.image.name, 'built:latest')
  t.is(first.image.base, 'files:latest')
  t.deepEqual(
    first.layers.map(({ inBase, location, instruction, cached }) => [
      inBase,
      location?.startLine,
      location?.endLine,
      instruction,
      cached,
    ]),
    [
      [true, undefined, undefined, 'COPY one /d/', undefined],
      [true, undefined, undefined, 'COPY two /d/', undefined],
      [false, 3, 4, 'COPY x   /x', false],
      [false, 6, 6, 'COPY y /x', false],
    ],
  )
  t.deepEqual(first.own, { bytes: 100, wastedBytes: 50, wastedPercent: 50 })
  const again = await analyze(space, ['--build', context])
  t.deepEqual(
    again.layers.map(({ cached }) => cached),
    [undefined, undefined, true, true],
  )
  const { code, stdout, stderr } = await space.ibuild(['analyze', '--build', '--fail-waste=40', '-t', 'x:1', context])
  t.is(code, 3)
  t.regex(stdout, /^4 +Dockerfile:6 +1 +50B +COPY y \/x$/m)
  t.regex(stderr, /50 % of the layers above the base is wasted, more than 40 % \[WASTE_LIMIT\]/)
  t.regex((await space.ok(['images'])).stdout, /^x +1 /m)
})

test('a build that squashes is analysed as its steps were; the squashed image wastes nothing', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const context = space.write('c', {
    Dockerfile: 'FROM files\nCOPY x /d/a\nCOPY y /d/a\n',
    x: 'x'.repeat(50),
    y: 'y'.repeat(50),
  })
  const built = await analyze(space, ['--build', '--squash=all', '-t', 'flat', context])
  t.is(built.layers.length, 4)
  t.is(built.own.wastedBytes, 200 + 50)
  const { layers, totals } = await analyze(space, ['flat'])
  t.is(layers.length, 1)
  t.like(totals, { bytes: 400 + 100 + 50, wastedBytes: 0, efficiency: 1 })
})

test('a failing build shows nothing of an analysis', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY missing /\n' })
  const { code, stdout, stderr } = await space.ibuild(['analyze', '--build', context])
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /COPY_SOURCE_MISSING/)
})

test('an archive on stdout is not mixed with the analysis', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  const { bytes, stderr } = await space.ok(['analyze', '--build', '-q', '-o', 'type=tar,dest=-', context])
  t.is(bytes.subarray(257, 262).toString(), 'ustar')
  t.notRegex(bytes.toString('latin1'), /Efficiency/)
  t.regex(stderr, /^Efficiency 100 %/m)
})

test('the tree of a layer: what it adds and changes, to a depth, as text and as JSON', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const { stdout } = await space.ok(['analyze', '--layer', '2', '--tree', 'files'])
  t.regex(stdout, /^layer 2 {2}sha256:[0-9a-f]{64}\nCOPY two \/d\/$/m)
  t.regex(stdout, /^ +300B +200B {3}d\/$/m)
  t.regex(stdout, /^ +200B +200B M {3}a$/m)
  t.regex(stdout, /^ +100B +\+ {3}c$/m)
  const shallow = (await space.ok(['analyze', '--layer=2', '--tree', '--depth=1', 'files'])).stdout
  t.regex(shallow, /^ +300B +200B {3}d\/ {2}\(and 2 in it\)$/m)
  t.regex(shallow, /^2 deeper ones are not listed/m)
  const { layer, tree } = JSON.parse(
    (await space.ok(['analyze', '--layer', '2', '--tree', '--json', 'files'])).stdout,
  ) as {
    layer: { layer: number }
    tree: {
      bytes: number
      hiddenBytes: number
      complete: boolean
      entries: { path: string; change: string; bytes: number }[]
    }
  }
  t.is(layer.layer, 2)
  t.like(tree, { bytes: 300, hiddenBytes: 200, complete: true })
  t.deepEqual(
    tree.entries.map(({ path, change, bytes }) => [path, change, bytes]),
    [
      ['/d', 'way', 300],
      ['/d/a', 'changed', 200],
      ['/d/c', 'added', 100],
    ],
  )
})

test('--layer alone shows what concerns that layer', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  const { layers, findings, totals } = await analyze(space, ['--layer', '2', 'files'])
  t.deepEqual(
    layers.map(({ layer }) => layer),
    [2],
  )
  t.is(findings.length, 1)
  t.is(totals.bytes, 900)
})

test('an image without layers wastes nothing', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'empty', space.write('c', { Dockerfile: 'FROM scratch\nENV A=1\n' })])
  const { totals, layers, findings } = await analyze(space, ['--fail-waste', '0', 'empty'])
  t.like(totals, { files: 0, bytes: 0, wastedBytes: 0, efficiency: 1 })
  t.deepEqual([layers, findings], [[], []])
  t.regex(
    (await space.ok(['analyze', 'empty'])).stdout,
    /0 layers, 0 files, 0B[\s\S]*Nothing could be smaller[\s\S]*Efficiency 100 %/,
  )
  const { code, stderr } = await space.ibuild(['analyze', 'empty', '--layer', '1'])
  t.is(code, 2)
  t.regex(stderr, /there is no layer 1, the image has 0/)
})

test('names that a terminal would act on, and names that are no text', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY d /one\nCOPY d /one\n' })
  const folder = join(context, 'd')
  mkdirSync(folder)
  writeFileSync(join(folder, 'x\u001b[31m\u202ey'), 'x'.repeat(10))
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/z`), Buffer.from([0xff])]), 'z'.repeat(20))
  await space.ok(['-q', '-t', 'odd', context])
  for (const args of [[], ['--json'], ['--layer', '2', '--tree'], ['--layer', '1', '--tree', '--json']]) {
    const { bytes } = await space.ok(['analyze', ...args, 'odd'])
    t.notRegex(bytes.toString('utf8'), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  }
  const tree = (await space.ok(['analyze', '--layer', '2', '--tree', 'odd'])).stdout
  t.regex(tree, /x\\x1b\[31m\\u\{202e\}y$/m)
  t.regex(tree, /z\\xff$/m)
  const { tree: data } = JSON.parse(
    (await space.ok(['analyze', '--layer', '2', '--tree', '--json', 'odd'])).stdout,
  ) as {
    tree: { entries: { path: string; pathBase64?: string }[] }
  }
  const raw = data.entries.find(({ pathBase64 }) => pathBase64 !== undefined)
  t.deepEqual(Buffer.from(raw?.pathBase64 ?? '', 'base64'), Buffer.concat([Buffer.from('/one/z'), Buffer.from([0xff])]))
})

const wrong: [args: string, says: RegExp][] = [
  ['', /missing required argument 'image'/],
  ['files extra', /too many arguments|takes one image/],
  ['--bogus files', /unknown option '--bogus'/],
  ['--fail-waste 150 files', /--fail-waste: "150" is not a percentage/],
  ['--fail-waste abc files', /--fail-waste: "abc" is not a percentage/],
  ['--fail-waste=-1 files', /--fail-waste: "-1" is not a percentage/],
  ['--fail-waste 100.1 files', /--fail-waste: "100.1" is not a percentage/],
  ['--fail-waste 1e1 files', /--fail-waste: "1e1" is not a percentage/],
  ['--tree files', /--tree needs --layer/],
  ['--layer 1 --depth 2 files', /--depth needs --tree/],
  ['--layer 1 --tree --depth 0 files', /--depth: 0 is not a number from 1/],
  ['--layer 0 files', /--layer: 0 is not a number from 1/],
  ['--layer x files', /--layer: "x" is not a whole number/],
  ['--layer 99 files', /there is no layer 99, the image has 2/],
  ['--layer 99 --tree files', /there is no layer 99, the image has 2/],
  ['--base other files', /--base: the image does not start with the layers of "other"/],
  ['--build', /missing required argument 'context'/],
  ['--build --base files .', /unknown option '--base'/],
  ['--build --tree .', /--tree needs --layer/],
  ['--build --network bridge .', /--network: "bridge"/],
]

test('wrong words end with exit code 2, one line and a hint', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space)
  await space.ok(['-q', '-t', 'other', space.write('other', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
  for (const [args, says] of wrong) {
    const { code, stdout, stderr } = await space.ibuild(['analyze', ...args.split(' ').filter((word) => word !== '')])
    t.is(code, 2, `${args}\n${stderr}`)
    t.regex(stderr, /^ibuild: .* \[USAGE\]\nhint: \S.*\n$/, args)
    t.regex(stderr, says)
    t.is(stdout, '', args)
  }
})

test('an image that is not there is an error with the name that was meant', async (t) => {
  const space = await makeWorkspace(t)
  await filesImage(space, 'team/files')
  for (const args of [['team/fils'], ['--base', 'team/fils', 'team/files']]) {
    const { code, stderr } = await space.ibuild(['analyze', ...args])
    t.is(code, 1)
    t.regex(stderr, /no image "team\/fils".*\[IMAGE_NOT_FOUND\]\nhint: Did you mean team\/files/)
  }
})

withRuntime('RUN steps: a chown, a cache removed too late, a copy; each with its rewrite', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('c', {
    Dockerfile: [
      'FROM busybox',
      'RUN mkdir -p /var/lib/apt/lists && head -c 40000 /dev/zero > /var/lib/apt/lists/list',
      'COPY app /app',
      'RUN chown -R app:app /app',
      'RUN rm -rf /var/lib/apt/lists/list',
      'RUN mv /app/big /app/moved',
    ].join('\n'),
    'app/big': 'b'.repeat(20_000),
    'app/.env': 'KEY=1',
  })
  const report = await analyze(space, ['--build', '-t', 'waste', context])
  const { findings, secrets } = report
  t.deepEqual(
    findings.map(({ kind, bytes, layer, hiddenBy }) => [kind, bytes, layer, hiddenBy]),
    [
      ['deleted', 40_000, 2, 5],
      ['duplicated', 20_005, 3, 4],
      ['deleted', 20_000, 4, 6],
    ],
  )
  t.is(findings[0]?.rewrite, 'in Dockerfile:2 end the same RUN with `&& rm -rf /var/lib/apt/lists/*`')
  t.is(findings[1]?.rewrite, 'write `COPY --chown=app:app` in Dockerfile:3 and drop the chown of Dockerfile:4')
  t.is(secrets.length, 2)
  const stored = await analyze(space, ['--base', 'busybox', 'waste'])
  t.deepEqual(stored.totals, report.totals)
  t.deepEqual(stored.own, report.own)
  await space.ok(['-q', '--squash', '-t', 'squashed', context])
  t.is((await analyze(space, ['squashed'])).totals.efficiency, 1)
})
