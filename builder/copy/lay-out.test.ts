import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { planCopy } from './testing/plan-copy.ts'
import { copyRequest, location } from './testing/requests.ts'
import { type EntrySpec, treeOf } from './testing/specs.ts'
import type { CopyRequest } from './types.ts'

const source: readonly EntrySpec[] = [
  { p: 'a', t: 'f', m: '644', c: 'A', s: 1 },
  { p: 'b', t: 'f', m: '600', c: 'B', s: 2 },
  { p: 'd1', t: 'd', m: '700', s: 3 },
  { p: 'd1/x', t: 'f', c: 'X', s: 4 },
  { p: 'd2', t: 'd', m: '755', s: 5 },
]

const target: readonly EntrySpec[] = [
  { p: 'etc', t: 'd', m: '755', s: 9 },
  { p: 'etc/passwd', t: 'f', c: 'root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n# daemon:x:1:1\nbroken\n' },
  { p: 'etc/group', t: 'f', c: 'root:x:0:\nwww:x:33:\n' },
  { p: 'existing', t: 'd', m: '700', s: 8 },
]

async function members(changes: Partial<CopyRequest>): Promise<Record<string, string>> {
  const plan = await planCopy(copyRequest({ source: treeOf(source), target: treeOf(target), ...changes }))
  plan.close()
  return Object.fromEntries(
    [...plan.members].map(({ entry }) => [
      entry.path,
      `${entry.type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`,
    ]),
  )
}

test('heredoc files are placed as files are', async (t) => {
  const inlineFiles = [
    { name: 'run.sh', content: 'echo é\n' },
    { name: 'sub/empty', content: '' },
  ]
  const plan = await planCopy(copyRequest({ sources: [], inlineFiles, chown: '7' }))
  t.deepEqual(
    [...plan.members].map(({ entry }) => entry.path),
    ['app', 'app/empty', 'app/run.sh'],
  )
  const run = [...plan.members][2]
  t.like(run?.entry, { type: 'file', mode: 0o644, uid: 7, gid: 7, size: 8, mtime: 42n })
  t.deepEqual(run?.content, Buffer.from('echo é\n'))
  t.is([...plan.members][1]?.content, undefined)
  t.deepEqual(await members({ sources: [], inlineFiles: inlineFiles.slice(0, 1), destination: '/x/y', chmod: '755' }), {
    x: 'dir 755 0:0',
    'x/y': 'file 755 0:0',
  })
})

test('parents of what is changed come along as they are', async (t) => {
  const plan = await planCopy(
    copyRequest({ source: treeOf(source), target: treeOf(target), sources: ['a'], destination: '/etc/a' }),
  )
  t.like([...plan.members][0]?.entry, { path: 'etc', mode: 0o755, mtime: 9_000_000_000n })
  t.is([...plan.members].length, 2)
})

const owners: readonly [string, string][] = [
  ['app', '1000:1001'],
  ['app:', '1000:1001'],
  ['app:www', '1000:33'],
  ['5', '5:5'],
  ['5:www', '5:33'],
  ['5:6', '5:6'],
  ['root', '0:0'],
  [':', '0:0'],
  [':www', '0:33'],
  ['app:root', '1000:0'],
]

for (const [chown, expected] of owners) {
  test(`--chown=${chown} is ${expected}`, async (t) => {
    t.deepEqual(await members({ sources: ['a'], chown }), {
      app: `dir 755 ${expected}`,
      'app/a': `file 644 ${expected}`,
    })
  })
}

for (const [chown, message] of [
  ['ap', /user "ap" is not in \/etc\/passwd/],
  ['daemon', /user "daemon"/],
  ['app:ww', /group "ww" is not in \/etc\/group/],
  ['-1', /user "-1"/],
  ['4294967296', /user/],
] as const) {
  test(`--chown=${chown} is USER_UNKNOWN`, async (t) => {
    const error = await t.throwsAsync(members({ sources: ['a'], chown }), { instanceOf: IbuildError, message })
    t.is(error?.code, 'USER_UNKNOWN')
    t.is(error?.location, location)
  })
}

test('names for --chown need no passwd file when they are numbers', async (t) => {
  t.deepEqual(await members({ sources: ['a'], chown: '1:2', target: treeOf([]) }), {
    app: 'dir 755 1:2',
    'app/a': 'file 644 1:2',
  })
})

const several: readonly [Partial<CopyRequest>, boolean][] = [
  [{ sources: ['a', 'b'], destination: '/new' }, false],
  [{ sources: ['?'], destination: '/new' }, false],
  [{ sources: ['a'], inlineFiles: [{ name: 'x', content: '' }], destination: '/new' }, false],
  [{ sources: ['d1', 'a'], destination: '/new' }, false],
  [{ sources: ['a', 'b'], destination: '/etc/passwd' }, false],
  [{ sources: ['a', 'b'], destination: '/new/' }, true],
  [{ sources: ['a', 'b'], destination: '/existing' }, true],
  [{ sources: ['a', 'b'], destination: '.', workdir: '/w' }, true],
  [{ sources: ['a', 'b'], destination: '..', workdir: '/w/x' }, true],
  [{ sources: ['d1', 'd2'], destination: '/new' }, true],
  [{ sources: ['a', 'nothing*'], destination: '/new' }, true],
]

for (const [changes, allowed] of several) {
  test(`${JSON.stringify(changes)} is ${allowed ? 'allowed' : 'refused'}`, async (t) => {
    if (allowed) {
      await t.notThrowsAsync(members(changes))
      return
    }
    const error = await t.throwsAsync(members(changes), { instanceOf: IbuildError, message: /several sources/ })
    t.is(error?.code, 'COPY_DESTINATION')
    t.regex(error?.hint ?? '', /End the destination with a slash/)
    t.is(error?.location, location)
  })
}

test('a name that a layer cannot hold is refused', async (t) => {
  const specs: EntrySpec[] = [
    { p: 'd', t: 'd' },
    { p: 'd/.wh.x', t: 'f', c: '' },
  ]
  const error = await t.throwsAsync(members({ source: treeOf(specs) }), { instanceOf: IbuildError, message: /\.wh\./ })
  t.is(error?.code, 'COPY_DESTINATION')
})

test('a directory that comes in the place of a removed one hides what it had', async (t) => {
  const tar = Buffer.from(await archive(), 'base64')
  const specs: EntrySpec[] = [{ p: 'a.tar', t: 'f', b: tar.toString('base64') }]
  const request = copyRequest({
    kind: 'ADD',
    source: treeOf(specs),
    target: treeOf([
      { p: 'm', t: 'd' },
      { p: 'm/old', t: 'f' },
    ]),
    destination: '/',
    sources: ['a.tar'],
    temporary: temporaryDir(t),
  })
  const plan = await planCopy(request)
  t.like([...plan.members].find(({ entry }) => entry.path === 'm')?.entry, { type: 'dir', opaque: true })
  plan.close()
})

/** m/, m as a file, m/ again with m/n. */
async function archive(): Promise<string> {
  const { tarEnd, tarHeader } = await import('../layers/tar/write.ts')
  const { blankEntry } = await import('../layers/testing/entries.ts')
  const parts = [blankEntry('m', 'dir'), blankEntry('m', 'file'), blankEntry('m', 'dir'), blankEntry('m/n', 'file')]
  return Buffer.concat([...parts.map((entry) => tarHeader(entry)), tarEnd]).toString('base64')
}

test('ADD --unpack=false copies an archive, COPY never unpacks', async (t) => {
  const specs: EntrySpec[] = [{ p: 'a.tar', t: 'f', m: '644', b: await archive() }]
  const expected = { app: 'dir 755 0:0', 'app/a.tar': 'file 644 0:0' }
  t.deepEqual(await members({ kind: 'ADD', unpack: false, source: treeOf(specs) }), expected)
  t.deepEqual(await members({ kind: 'COPY', source: treeOf(specs) }), expected)
})

test('a source that changes until it is read is told with the instruction', async (t) => {
  const tree = treeOf(source)
  const broken = {
    lstat: (path: string) => tree.lstat(path),
    list: (path: string) => tree.list(path),
    linkGroup: () => undefined,
    digest: (path: string) => tree.digest(path),
    read: (path: string) => {
      if (path === 'a') throw new IbuildError('CONTEXT_CHANGED', 'small')
      return undefined
    },
    // oxlint-disable-next-line require-yield
    open: async function* (): AsyncGenerator<Uint8Array> {
      throw new IbuildError('CONTEXT_CHANGED', 'large')
    },
  }
  const plan = await planCopy(copyRequest({ source: broken, sources: ['a', 'b'] }))
  for (const [path, message] of [
    ['app/a', 'small'],
    ['app/b', 'large'],
  ] as const) {
    const { content } = [...plan.members].find(({ entry }) => entry.path === path) ?? {}
    const error = await t.throwsAsync(
      async () => {
        const pieces = typeof content === 'function' ? content() : []
        if (!(pieces instanceof Uint8Array)) for await (const piece of pieces) t.log(piece)
      },
      { instanceOf: IbuildError, message },
    )
    t.is(error?.location, location)
  }
})
