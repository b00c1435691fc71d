import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { extractLayer } from '../../builder/layers/extract.ts'
import { extractTree } from '../../builder/layers/extract-tree.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { indexOf } from '../../builder/layers/layer-index.ts'
import { encodeUstar } from '../../builder/layers/tar/ustar.ts'
import { tarEnd, tarHeader, tarPadding } from '../../builder/layers/tar/write.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import { once } from '../../builder/layers/testing/stream.ts'
import { createView, type LayerRef } from '../../builder/layers/view.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'

const rooted = needs(test, 'root')
const evil = Buffer.from('evil')

/** A folder that nothing may touch, with a file in it, and a way to tell. */
function makeCanary(t: ExecutionContext): { readonly dir: string; readonly check: () => void } {
  const dir = join(temporaryFolder(t), 'canary')
  mkdirSync(dir)
  writeFileSync(join(dir, 'passwd'), 'untouched', { mode: 0o640 })
  const before = statSync(join(dir, 'passwd'))
  const check = (): void => {
    t.deepEqual(readdirSync(dir), ['passwd'])
    t.is(readFileSync(join(dir, 'passwd'), 'utf8'), 'untouched')
    const { mode, uid, nlink, mtimeMs } = statSync(join(dir, 'passwd'))
    t.deepEqual([mode, uid, nlink, mtimeMs], [before.mode, before.uid, before.nlink, before.mtimeMs])
  }
  return { dir, check }
}

function rawMember(name: string, type: string, linkname = ''): Buffer {
  const content = type === '0' ? evil : Buffer.alloc(0)
  const numbers = { mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: 0, devMajor: 0, devMinor: 0 }
  const header = encodeUstar({ name, prefix: '', type, linkname, ...numbers })
  return Buffer.concat([header, content, tarPadding(content.length)])
}

async function layerOf(t: ExecutionContext, tar: Buffer): Promise<LayerRef> {
  const file = join(temporaryFolder(t), 'l.tar')
  const { diffID, entries } = await importLayer(once(tar), file, { sync: false })
  return { diffID, index: indexOf(entries), bytes: { kind: 'tar', file } }
}

function tarOf(...members: readonly (readonly [LayerEntry, Buffer?])[]): Buffer {
  const parts = members.map(([entry, content]) => [
    tarHeader(entry),
    ...(content ? [content, tarPadding(content.length)] : []),
  ])
  return Buffer.concat([...parts.flat(), tarEnd])
}

function file(path: string): readonly [LayerEntry, Buffer] {
  return [blankEntry(path, 'file', { size: evil.length, mode: 0o4777, uid: 5 }), evil]
}

for (const [name, members] of Object.entries({
  'a name with ..': [rawMember('../canary/passwd', '0')],
  'a name with .. inside': [rawMember('a/../../canary/passwd', '0')],
  'a hardlink with ..': [rawMember('h', '1', '../canary/passwd')],
  'a file through a symlink': [rawMember('l', '2', '/canary'), rawMember('l/passwd', '0')],
  'a directory through a symlink': [rawMember('l', '2', '../canary'), rawMember('l/x/', '5')],
  'a hardlink through a symlink': [rawMember('l', '2', '/canary'), rawMember('h', '1', 'l/passwd')],
})) {
  test(`an archive is refused before anything is written: ${name}`, async (t) => {
    const tar = Buffer.concat([...members, tarEnd])
    const error = await t.throwsAsync(layerOf(t, tar))
    t.regex(String((error as { code?: unknown } | undefined)?.code), /^ARCHIVE_(?:UNSAFE|INVALID)$/)
  })
}

rooted('links of lower layers lead inside the root, whatever they say', async (t) => {
  const canary = makeCanary(t)
  for (const link of [canary.dir, `../../../../../../../..${canary.dir}`, `/proc/self/root${canary.dir}`]) {
    const lower = await layerOf(t, tarOf([blankEntry('l', 'symlink', { linkname: link })]))
    const upper = await layerOf(
      t,
      tarOf(file('l/passwd'), [blankEntry('l/sub', 'dir')], [blankEntry('l/gone', 'whiteout')]),
    )
    const [first, second, tree] = ['first', 'second', 'tree'].map((name) => join(temporaryFolder(t), name))
    for (const dir of [first, second, tree]) mkdirSync(String(dir))
    await extractLayer({ layer: lower, below: createView([]), target: String(first) })
    await extractLayer({ layer: upper, below: createView([lower]), target: String(second) })
    await extractTree(createView([lower, upper]), String(tree))
    const inside = link.replace(/^[./]*\//, '')
    t.is(readFileSync(join(String(second), inside, 'passwd'), 'utf8'), 'evil')
    t.is(readFileSync(join(String(tree), inside, 'passwd'), 'utf8'), 'evil')
    canary.check()
  }
})

rooted('a hardlink into lower layers never reaches files of the host', async (t) => {
  const canary = makeCanary(t)
  const lower = await layerOf(t, tarOf([blankEntry('l', 'symlink', { linkname: canary.dir })]))
  const upper = await layerOf(t, tarOf([blankEntry('h', 'hardlink', { linkname: 'l/passwd' })]))
  const target = temporaryFolder(t)
  await t.throwsAsync(extractLayer({ layer: upper, below: createView([lower]), target }), { code: 'LAYER_INVALID' })
  t.deepEqual(readdirSync(target), [])
  canary.check()
})

rooted('a hardlink to a symlink links the symlink itself', async (t) => {
  const canary = makeCanary(t)
  const entries = [
    blankEntry('a', 'symlink', { linkname: join(canary.dir, 'passwd') }),
    blankEntry('b', 'hardlink', { linkname: 'a' }),
  ]
  const layer = await layerOf(t, tarOf(...entries.map((entry) => [entry] as const)))
  await extractTree(createView([layer]), temporaryFolder(t))
  await extractLayer({ layer, below: createView([]), target: temporaryFolder(t) })
  canary.check()
})

rooted('links that are in a plain directory already are replaced, not followed', async (t) => {
  const canary = makeCanary(t)
  const layer = await layerOf(t, tarOf([blankEntry('d', 'dir')], file('d/passwd'), file('passwd')))
  const target = temporaryFolder(t)
  symlinkSync(canary.dir, join(target, 'd'))
  symlinkSync(join(canary.dir, 'passwd'), join(target, 'passwd'))
  await extractTree(createView([layer]), target)
  t.is(readFileSync(join(target, 'd/passwd'), 'utf8'), 'evil')
  t.is(readFileSync(join(target, 'passwd'), 'utf8'), 'evil')
  canary.check()
})

rooted('an index that was made up cannot lead out, or through links', async (t) => {
  const canary = makeCanary(t)
  const lower = [blankEntry('l', 'symlink', { linkname: canary.dir })]
  const content = { size: 4, digest: digestOf(evil), dataOffset: 0 }
  const bytes = { kind: 'tar', file: join(canary.dir, 'passwd') } as const
  t.throws(() => indexOf([...lower, blankEntry('l/passwd', 'file', content)]), { code: 'INDEX_INVALID' })
  for (const path of ['../x', '/x', 'a//b', 'a/..']) {
    t.throws(() => [...indexOf([blankEntry(path, 'dir')]).entries()], { code: 'INDEX_INVALID' })
  }
  const wrong = { diffID: digestOf(''), index: indexOf([blankEntry('x', 'file', content)]), bytes }
  const target = temporaryFolder(t)
  await t.throwsAsync(extractLayer({ layer: wrong, below: createView([]), target }), { code: 'DIGEST_MISMATCH' })
  canary.check()
})

rooted('attributes of overlays in an image are not applied, and a device 0/0 hides only', async (t) => {
  const xattrs = new Map([['trusted.overlay.opaque', Buffer.from('y')]])
  const device = blankEntry('w', 'char', { devMajor: 0, devMinor: 0 })
  const layer = await layerOf(t, tarOf([blankEntry('d', 'dir', { xattrs })], [device]))
  const target = temporaryFolder(t)
  await extractLayer({ layer, below: createView([]), target })
  const { llistxattr } = await import('../../shared/sys/native.ts')
  t.deepEqual(llistxattr(join(target, 'd')), [])
  t.deepEqual(readdirSync(target), ['d'])
})

rooted('a directory that is not empty is no target for a layer', async (t) => {
  const layer = await layerOf(t, tarOf([blankEntry('d', 'dir')]))
  const target = temporaryFolder(t)
  symlinkSync('/', join(target, 'd'))
  await t.throwsAsync(extractLayer({ layer, below: createView([]), target }), { message: /empty/ })
})
