import { gzipSync, zstdCompressSync } from 'node:zlib'
import { rawHeader, rawMember } from '../../builder/layers/tar/testing/raw.ts'
import { dockerArchive, document, goodConfig, goodManifest, layoutArchive, sha256 } from './image-archive.ts'

const config = goodConfig()
const changed = (change: Record<string, unknown>): Buffer => dockerArchive({ config: { ...config, ...change } })
const named = (change: Record<string, unknown>): Buffer =>
  dockerArchive({ manifest: [{ ...goodManifest[0], ...change }] })
const layers = (...names: string[]): Buffer => named({ Layers: names })
const symlink = (name: string, linkname: string): Buffer => rawMember({ name, type: '2', linkname })
const diffIDs = (ids: unknown): Buffer => changed({ rootfs: { type: 'layers', diff_ids: ids }, history: [] })

/** Archives that `load` must refuse, and the codes that are right for it; 'loaded' where it may also be taken. */
export const badArchives: [title: string, archive: () => Buffer, codes: readonly string[]][] = [
  ['a layer that is not the one of the config', () => diffIDs([sha256('other')]), ['DIGEST_MISMATCH']],
  ['fewer layers than the config has', () => diffIDs([sha256('a'), sha256('b')]), ['MANIFEST_INVALID']],
  ['more layers than the config has', () => diffIDs([]), ['MANIFEST_INVALID']],
  ['no file for the layer', () => dockerArchive({ without: 'layer' }), ['ARCHIVE_INVALID']],
  ['no file for the config', () => dockerArchive({ without: 'config' }), ['ARCHIVE_INVALID']],
  [
    'a config outside of the archive',
    () => named({ Config: '../../../../../../etc/passwd' }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  ['an absolute config', () => named({ Config: '/etc/passwd' }), ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE']],
  [
    'a layer outside of the archive',
    () => layers('../../../../../../etc/passwd'),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  ['an absolute layer', () => layers('/etc/passwd'), ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE']],
  ['a layer with NUL in its name', () => layers('layer\0.tar'), ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE']],
  [
    'a layer that is a link to outside',
    () =>
      dockerArchive({
        manifest: [{ ...goodManifest[0], Layers: ['l'] }],
        more: [symlink('l', '../../../../../../../etc/passwd')],
      }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  [
    'a config that is a link to outside',
    () => dockerArchive({ manifest: [{ ...goodManifest[0], Config: 'l' }], more: [symlink('l', '/etc/passwd')] }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  [
    'a link to itself',
    () => dockerArchive({ manifest: [{ ...goodManifest[0], Layers: ['l'] }], more: [symlink('l', 'l')] }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  [
    'two links in a circle',
    () =>
      dockerArchive({
        manifest: [{ ...goodManifest[0], Layers: ['l'] }],
        more: [symlink('l', 'm'), symlink('m', 'l')],
      }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  [
    'a hardlink to outside',
    () => dockerArchive({ more: [rawMember({ name: 'h', type: '1', linkname: '../../etc/passwd' })] }),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  [
    'a member outside of the archive',
    () => dockerArchive({ more: [rawMember({ name: '../../escaped' }, 'x')] }),
    ['ARCHIVE_UNSAFE'],
  ],
  [
    'a device',
    () => dockerArchive({ more: [rawMember({ name: 'dev', type: '3', devMajor: 1, devMinor: 5 })] }),
    ['ARCHIVE_INVALID'],
  ],
  ['a fifo', () => dockerArchive({ more: [rawMember({ name: 'pipe', type: '6' })] }), ['ARCHIVE_INVALID']],
  ['a name of an image that is none', () => named({ RepoTags: ['Bad Name:\u001b[31m'] }), ['MANIFEST_INVALID']],
  ['a name that is no text', () => named({ RepoTags: [7] }), ['MANIFEST_INVALID']],
  ['a name with a digest', () => named({ RepoTags: [`loaded@${sha256('x')}`] }), ['MANIFEST_INVALID']],
  ['a manifest that is an object', () => dockerArchive({ manifest: {} }), ['MANIFEST_INVALID']],
  ['a manifest with nothing in it', () => dockerArchive({ manifest: [] }), ['ARCHIVE_INVALID', 'MANIFEST_INVALID']],
  ['a manifest that is no JSON', () => dockerArchive({ manifest: '[{' }), ['JSON_INVALID']],
  ['a manifest that is nested without end', () => dockerArchive({ manifest: '['.repeat(100_000) }), ['JSON_INVALID']],
  ['a manifest that is too large', () => dockerArchive({ manifest: ' '.repeat(5_000_000) }), ['ARCHIVE_INVALID']],
  ['a manifest without Config', () => named({ Config: undefined }), ['MANIFEST_INVALID']],
  ['a manifest whose Layers is text', () => named({ Layers: 'layer.tar' }), ['MANIFEST_INVALID']],
  ['a config that is an array', () => dockerArchive({ config: [] }), ['CONFIG_INVALID']],
  ['a config that is no JSON', () => dockerArchive({ config: '{"a":' }), ['JSON_INVALID']],
  [
    'a config that is not UTF-8',
    () =>
      dockerArchive({
        without: 'config',
        more: [rawMember({ name: 'config.json' }, Buffer.from('{"os":"\xff"}', 'latin1'))],
      }),
    ['JSON_INVALID'],
  ],
  ['a config without rootfs', () => changed({ rootfs: undefined }), ['CONFIG_INVALID']],
  ['rootfs of another type', () => changed({ rootfs: { type: 'windows', diff_ids: [] } }), ['CONFIG_INVALID']],
  ['diff_ids that are no digests', () => diffIDs(['sha256:../../../etc']), ['CONFIG_INVALID']],
  ['diff_ids in upper case', () => diffIDs([sha256('x').toUpperCase()]), ['CONFIG_INVALID']],
  ['diff_ids that are numbers', () => diffIDs([-1]), ['CONFIG_INVALID']],
  ['too many diff_ids', () => diffIDs(Array.from({ length: 20_000 }, () => sha256('x'))), ['CONFIG_INVALID']],
  ['more history than layers', () => changed({ history: [{}, {}] }), ['CONFIG_INVALID']],
  ['a history that is text', () => changed({ history: 'x' }), ['CONFIG_INVALID']],
  ['an Env that is a number', () => changed({ config: { Env: 5 } }), ['CONFIG_INVALID']],
  ['a Cmd of objects', () => changed({ config: { Cmd: [{}] } }), ['CONFIG_INVALID']],
  ['Labels that are an array', () => changed({ config: { Labels: ['x'] } }), ['CONFIG_INVALID']],
  ['an architecture that is null', () => changed({ architecture: null }), ['CONFIG_INVALID']],
  ['no documents at all', () => rawMember({ name: 'x' }), ['ARCHIVE_INVALID']],
  ['nothing', () => Buffer.alloc(0), ['ARCHIVE_INVALID']],
  ['zeros', () => Buffer.alloc(10_240), ['ARCHIVE_INVALID']],
  ['text', () => Buffer.from('FROM scratch\n'.repeat(100)), ['ARCHIVE_INVALID']],
  [
    'a size beyond all disks',
    () => Buffer.concat([rawHeader({ name: 'x', size: '77777777777' }), Buffer.alloc(5000)]),
    ['ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  ['a gzip of nothing', () => gzipSync(Buffer.alloc(0)), ['ARCHIVE_INVALID']],
  ['a gzip that is cut', () => gzipSync(dockerArchive()).subarray(0, -9), ['ARCHIVE_INVALID']],
  ['a gzip with a wrong sum', () => flipAt(gzipSync(dockerArchive()), -6), ['ARCHIVE_INVALID']],
  ['a zstd that is cut', () => zstdCompressSync(dockerArchive()).subarray(0, -3), ['ARCHIVE_INVALID']],
  ['a layer with a path out of the root', () => withLayer({ name: '../x' }), ['ARCHIVE_UNSAFE']],
  [
    'a layer that writes through its own link',
    () => withLayer({ name: 'l', type: '2', linkname: '/etc' }, { name: 'l/x' }),
    ['ARCHIVE_UNSAFE'],
  ],
  [
    'a layer with a hardlink to nothing',
    () => withLayer({ name: 'h', type: '1', linkname: 'nowhere' }),
    ['loaded', 'ARCHIVE_INVALID', 'LAYER_INVALID'],
  ],
  ['a layer that is no tar', () => dockerArchive({ layer: Buffer.from('x'.repeat(2000)) }), ['ARCHIVE_INVALID']],
  ['a whiteout of the root', () => withLayer({ name: '.wh..' }), ['loaded', 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE']],
  [
    'a whiteout of the folder above',
    () => withLayer({ name: '.wh...' }),
    ['loaded', 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE'],
  ],
  ['a whiteout of nothing', () => withLayer({ name: '.wh.' }), ['loaded', 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE']],
  [
    'a config under the digest of another',
    () =>
      dockerArchive({
        manifest: [{ ...goodManifest[0], Config: `${sha256('x').slice(7)}.json` }],
        more: [document(`${sha256('x').slice(7)}.json`, config)],
      }),
    ['DIGEST_MISMATCH'],
  ],
  [
    'a layout whose config has another size',
    () => layoutArchive({ manifest: (m) => ({ ...m, config: { ...(m['config'] as object), size: 5 } }) }),
    ['DIGEST_MISMATCH'],
  ],
  [
    'a negative size',
    () => layoutArchive({ manifest: (m) => ({ ...m, config: { ...(m['config'] as object), size: -1 } }) }),
    ['MANIFEST_INVALID'],
  ],
  [
    'a size that is no integer',
    () => layoutArchive({ manifest: (m) => ({ ...m, config: { ...(m['config'] as object), size: 1e300 } }) }),
    ['MANIFEST_INVALID'],
  ],
  [
    'a layer digest that leads out',
    () =>
      layoutArchive({
        manifest: (m) => ({ ...m, layers: [{ mediaType: 'x', digest: 'sha256:../../../etc/passwd', size: 1 }] }),
      }),
    ['MANIFEST_INVALID'],
  ],
  [
    'layers that are not there',
    () =>
      layoutArchive({
        manifest: (m) => ({ ...m, layers: [{ ...(m['layers'] as object[])[0], digest: sha256('no') }] }),
      }),
    ['ARCHIVE_INVALID'],
  ],
  ['an index of schema 1', () => layoutArchive({ index: (i) => ({ ...i, schemaVersion: 1 }) }), ['MANIFEST_INVALID']],
  [
    'an index without manifests',
    () => layoutArchive({ index: () => ({ schemaVersion: 2 }) }),
    ['MANIFEST_INVALID', 'ARCHIVE_INVALID'],
  ],
  [
    'a manifest for another machine only',
    () =>
      layoutArchive({
        index: (i) => ({
          ...i,
          manifests: [{ ...(i['manifests'] as object[])[0], platform: { os: 'plan9', architecture: 'pdp11' } }],
        }),
      }),
    ['ARCHIVE_INVALID'],
  ],
  [
    'an index that names a manifest that is not there',
    () =>
      layoutArchive({
        index: (i) => ({ ...i, manifests: [{ ...(i['manifests'] as object[])[0], digest: sha256('no') }] }),
      }),
    ['ARCHIVE_INVALID'],
  ],
]

function withLayer(...members: Parameters<typeof rawMember>[0][]): Buffer {
  return dockerArchive({ layer: Buffer.concat([...members.map((fields) => rawMember(fields)), Buffer.alloc(1024)]) })
}

/** The bytes with one bit changed; a negative place counts from the end. */
export function flipAt(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes)
  const place = (at + bytes.length) % bytes.length
  flipped[place] = (flipped[place] ?? 0) ^ 1
  return flipped
}
