import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { recountUsage } from '../../service/usage.ts'
import { refersRows, useRows } from '../../storage/gc-rows.ts'
import {
  blobRows,
  doomedRows,
  historyRows,
  holderRows,
  linkedRows,
  linkRows,
  manifestRows,
  movePart,
  referrerRows,
  repositoryRows,
  settingRows,
  taggedRows,
  tagRows,
  uploadRows,
  usageRows,
} from '../../storage/rows.ts'
import { type FindingCode } from '../finding-codes.ts'
import { app, base, copy, layerOf, other, type Store, signature, team } from './store.ts'

/** A way in which a store can be damaged, and what a check says to it. */
export interface Damage {
  readonly title: string
  readonly damage: (store: Store) => unknown
  /** What is found, by how often. */
  readonly found: Partial<Record<FindingCode, number>>
  /** True when only pushing again brings back what was lost. */
  readonly isLost?: boolean
  readonly isDeep?: boolean
}

const gone =
  (...keys: string[]) =>
  (store: Store) =>
    store.rows((rows) => rows.commit({ remove: keys }))
/** Writes a row. */
export const set = (key: string, value: string) => (store: Store) =>
  store.rows((rows) => rows.commit({ put: [{ key, value }] }))
const removed =
  (digest: Digest) =>
  ({ file }: Store) =>
    rmSync(file(digest))
/** Other bytes, as many. */
const spoiled =
  (digest: Digest) =>
  ({ file }: Store) =>
    writeFileSync(file(digest), 'x'.repeat(statSync(file(digest)).size))
/** Of bytes that nobody pushed. */
export const stranger: Digest = digestOf('of nobody')
export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
const open = async (rows: RowStore): Promise<string> =>
  (await rows.list({ prefix: uploadRows.prefix(), limit: 1 }))[0]?.key ?? ''

/** All that the check of a registry knows, one at a time or as it comes together. */
export const damages: readonly Damage[] = [
  { title: 'nothing', damage: () => undefined, found: {} },
  { title: 'the bytes of a blob', damage: removed(layerOf(app)), found: { 'blob-bytes-missing': 1 }, isLost: true },
  {
    title: 'a blob that was cut short',
    damage: ({ file }) => truncateSync(file(layerOf(app)), 3),
    found: { 'blob-corrupt': 1 },
    isLost: true,
  },
  {
    title: 'a blob with other bytes',
    damage: spoiled(layerOf(app)),
    found: { 'blob-corrupt': 1 },
    isLost: true,
    isDeep: true,
  },
  {
    title: 'the bytes of a manifest',
    damage: removed(app.digest),
    found: { 'manifest-bytes-missing': 1 },
    isLost: true,
  },
  { title: 'a manifest with other bytes', damage: spoiled(app.digest), found: { 'manifest-corrupt': 1 }, isLost: true },
  {
    title: 'all that tells of a blob, and its bytes',
    damage: async (store) => {
      await gone(
        blobRows.key(layerOf(app)),
        linkRows.key(team, layerOf(app)),
        linkedRows.key(layerOf(app), team),
      )(store)
      removed(layerOf(app))(store)
    },
    found: { 'manifest-blob-missing': 1 },
    isLost: true,
  },
  {
    title: 'all that tells of a blob',
    damage: gone(blobRows.key(layerOf(app)), linkRows.key(team, layerOf(app)), linkedRows.key(layerOf(app), team)),
    found: { 'manifest-blob-unlinked': 1, 'bytes-unnamed': 1 },
  },
  {
    title: 'a blob of a repository that another one has',
    damage: gone(linkRows.key(team, layerOf(base)), linkedRows.key(layerOf(base), team)),
    found: { 'manifest-blob-unlinked': 1 },
    isLost: true,
  },
  {
    title: 'the row of a manifest',
    damage: gone(manifestRows.key(team, app.digest)),
    found: { 'references-stale': 3, 'manifest-row-missing': 1, 'tag-dangling': 2, 'index-child-missing': 1 },
  },
  {
    title: 'the row and the mirror of a manifest',
    damage: gone(manifestRows.key(team, app.digest), holderRows.key(app.digest, team)),
    found: { 'references-stale': 3, 'tag-dangling': 2, 'manifest-unnamed': 2, 'bytes-unnamed': 1 },
  },
  {
    title: 'the row and the mirror of a manifest that an index names',
    damage: gone(manifestRows.key(team, other.digest), holderRows.key(other.digest, team)),
    found: { 'references-stale': 3, 'manifest-unnamed': 2, 'bytes-unnamed': 1 },
  },
  {
    title: 'rows and bytes of a manifest with tags',
    damage: async (store) => {
      await gone(manifestRows.key(copy, base.digest))(store)
      removed(base.digest)(store)
    },
    found: {
      'references-stale': 3,
      'holder-stale': 1,
      'tag-dangling': 1,
      'manifest-bytes-missing': 1,
      'repository-empty': 1,
    },
    isLost: true,
  },
  {
    title: 'how much a repository has',
    damage: set(usageRows.key(team), '{"bytes":5}'),
    found: { 'usage-wrong': 1 },
  },
  {
    title: 'the row of how much a repository has',
    damage: gone(usageRows.key(team)),
    found: { 'usage-wrong': 1 },
  },
  {
    title: 'how much is had by a repository that there is not',
    damage: set(usageRows.key('none'), '{"bytes":5}'),
    found: { 'usage-wrong': 1 },
  },
  { title: 'the row of a tag', damage: gone(tagRows.key(team, 'v1')), found: { 'tag-row-missing': 1 } },
  {
    title: 'the row and the history of a tag',
    damage: gone(tagRows.key(team, 'v1'), historyRows.key(team, 'v1', movePart(1))),
    found: { 'tag-row-missing': 1 },
  },
  {
    title: 'the row and the mirror of a tag',
    damage: gone(tagRows.key(team, 'v1'), taggedRows.key(team, app.digest, 'v1')),
    found: { 'tag-row-missing': 1 },
  },
  {
    title: 'the mirror of a tag',
    damage: gone(taggedRows.key(team, app.digest, 'v1')),
    found: { 'tagged-missing': 1 },
  },
  {
    title: 'a mirror of a tag that moved',
    damage: set(taggedRows.key(team, base.digest, 'latest'), 'true'),
    found: { 'tagged-stale': 1 },
  },
  {
    title: 'a mirror of a tag that was deleted',
    damage: set(taggedRows.key(team, base.digest, 'old'), 'true'),
    found: { 'tagged-stale': 1 },
  },
  {
    title: 'the last move of a tag',
    damage: gone(historyRows.key(team, 'latest', movePart(2))),
    found: { 'history-missing': 1 },
  },
  {
    title: 'a tag behind its history',
    damage: set(historyRows.key(team, 'v1', movePart(2)), JSON.stringify({ digest: base.digest, at: 1 })),
    found: { 'tag-behind-history': 1 },
  },
  {
    title: 'the mirror of a manifest',
    damage: gone(holderRows.key(app.digest, team)),
    found: { 'holder-missing': 1, 'manifest-unnamed': 1, 'bytes-unnamed': 1 },
  },
  { title: 'a repository', damage: gone(repositoryRows.key(copy)), found: { 'repository-missing': 1 } },
  {
    title: 'a repository without manifests',
    damage: set(repositoryRows.key('no/manifest'), '{"at":1,"change":"x"}'),
    found: { 'repository-empty': 1 },
  },
  {
    title: 'the row of a manifest with another size',
    damage: set(
      manifestRows.key(team, app.digest),
      JSON.stringify({ mediaType: app.mediaType, size: 1, at: 1, change: 'x' }),
    ),
    found: { 'manifest-row-wrong': 1 },
  },
  {
    title: 'a referrer without its subject',
    damage: set(
      manifestRows.key(team, signature.digest),
      JSON.stringify({ mediaType: signature.mediaType, size: signature.bytes.length, at: 1, change: 'x' }),
    ),
    found: { 'manifest-row-wrong': 1, 'referrer-stale': 1 },
  },
  {
    title: 'a manifest that would not be taken today',
    damage: (store) => store.rows((rows) => addManifest(store, rows, { layers: 'none', config: { digest: stranger } })),
    found: { 'manifest-unreadable': 1 },
  },
  { title: 'a referrer', damage: gone(referrerKey()), found: { 'referrer-missing': 1 } },
  {
    title: 'a referrer with other values',
    damage: set(referrerKey(), JSON.stringify({ mediaType: signature.mediaType, size: 1 })),
    found: { 'referrer-missing': 1 },
  },
  {
    title: 'a referrer that is none',
    damage: set(referrerRows.key(team, app.digest, 'x/y', base.digest), JSON.stringify({ mediaType: 'a/b', size: 1 })),
    found: { 'referrer-stale': 1 },
  },
  {
    title: 'the row of a blob',
    damage: gone(blobRows.key(layerOf(app))),
    found: { 'blob-row-missing': 1, 'bytes-unnamed': 1 },
  },
  {
    title: 'the row of a blob with another size',
    damage: set(blobRows.key(layerOf(app)), '{"size":1,"at":1}'),
    found: { 'blob-row-wrong': 1 },
  },
  {
    title: 'a link with another size',
    damage: set(linkRows.key(team, layerOf(app)), '{"size":1,"at":1}'),
    found: { 'blob-row-wrong': 1 },
  },
  {
    title: 'what a manifest refers to',
    damage: gone(refersRows.key(team, app.digest)),
    found: { 'references-missing': 1 },
  },
  {
    title: 'that a manifest refers to a blob',
    damage: gone(useRows.key(team, layerOf(app), app.digest)),
    found: { 'references-missing': 1 },
  },
  {
    title: 'references of no manifest',
    damage: set(useRows.key(team, layerOf(app), stranger), 'true'),
    found: { 'references-stale': 1 },
  },
  {
    title: 'the mirror of a link',
    damage: gone(linkedRows.key(layerOf(app), team)),
    found: { 'linked-missing': 1, 'blob-unlinked': 1 },
  },
  {
    title: 'a link',
    damage: gone(linkRows.key(team, layerOf(app))),
    found: { 'link-missing': 1 },
  },
  {
    title: 'a link of a blob without bytes',
    damage: set(linkedRows.key(stranger, team), 'true'),
    found: { 'link-missing': 1 },
  },
  {
    title: 'a blob of nobody',
    damage: async (store) => {
      await set(blobRows.key(stranger), '{"size":9,"at":1}')(store)
      write(store.file(stranger), 'of nobody')
    },
    found: { 'blob-unlinked': 1 },
  },
  { title: 'a row that is no JSON', damage: set(tagRows.key(team, 'v1'), '{"digest'), found: { 'row-damaged': 1 } },
  { title: 'an empty row', damage: set(linkRows.key(team, layerOf(app)), ''), found: { 'row-damaged': 1 } },
  {
    title: 'a manifest whose row is damaged',
    damage: set(manifestRows.key(team, app.digest), '[]'),
    found: { 'row-damaged': 1 },
  },
  { title: 'a damaged setting', damage: set(settingRows.key('read-only'), 'tru'), found: { 'row-damaged': 1 } },
  {
    title: 'a row with a bad key',
    damage: set('link team/app nodigest', '{"size":1,"at":1}'),
    found: { 'row-damaged': 1 },
  },
  { title: 'a row of a kind to come', damage: set('future x', '{}'), found: { 'row-unknown': 1 } },
  { title: 'bytes of nobody', damage: ({ file }) => write(file(stranger), 'of nobody'), found: { 'bytes-unnamed': 1 } },
  {
    title: 'files among the blobs',
    damage: ({ layout }) => write(join(layout.blobs, 'sha256/ab/readme.txt'), 'x'),
    found: { 'file-misplaced': 1 },
  },
  {
    title: 'a folder among the blobs',
    damage: ({ layout }) => write(join(layout.blobs, 'md5/ab'), 'x'),
    found: { 'file-misplaced': 1 },
  },
  {
    title: 'the bytes of an upload',
    damage: ({ layout }) => emptyUploads(layout.uploads),
    found: { 'upload-bytes-missing': 1 },
  },
  {
    title: 'a part of an upload',
    damage: ({ layout }) => eachUpload(layout.uploads, (path) => truncateSync(path, 4)),
    found: { 'upload-bytes-missing': 1 },
  },
  {
    title: 'the row of an upload',
    damage: (store) => store.rows(async (rows) => rows.commit({ remove: [await open(rows)] })),
    found: { 'upload-unnamed': 1 },
  },
  {
    title: 'what a killed process left',
    damage: ({ layout }) => eachUpload(layout.uploads, (path) => write(join(dirname(path), 'put-1'), 'x')),
    found: { 'temporary-file': 1 },
  },
  {
    title: 'a socket that was being made',
    damage: ({ layout }) => write(join(layout.folder, '.admin-1/x'), 'x'),
    found: { 'temporary-file': 1 },
  },
  {
    title: 'what a probe and a doctor tried out',
    damage: ({ layout }) => {
      write(join(layout.folder, 'probe-1'), 'x')
      write(join(layout.folder, 'doctor-1/a'), 'x')
    },
    found: { 'temporary-file': 2 },
  },
  {
    title: 'a removal that was not finished',
    damage: async (store) => {
      await set(doomedRows.key(stranger), 'true')(store)
      write(store.file(stranger), 'of nobody')
    },
    found: { doomed: 1 },
  },
  { title: 'a blob that is doomed and named', damage: set(doomedRows.key(layerOf(app)), 'true'), found: { doomed: 1 } },
]

/** As an earlier version may have taken it: without what is made of what it names. */
async function addManifest({ file }: Store, rows: RowStore, document: object): Promise<void> {
  const mediaType = mediaTypes.ociManifest
  const text = JSON.stringify({ schemaVersion: 2, mediaType, ...document })
  const digest = digestOf(text)
  write(file(digest), text)
  const row = manifestRows.row([team, digest], { mediaType, size: text.length, at: 1, change: 'x' })
  await rows.commit({ put: [row, holderRows.row([digest, team], true)] })
  await recountUsage(rows, team, () => undefined)
}

function referrerKey(): string {
  return referrerRows.key(team, app.digest, 'application/vnd.test.signature', signature.digest)
}

function eachUpload(folder: string, work: (path: string) => void): void {
  for (const boot of readdirSync(folder))
    for (const name of readdirSync(join(folder, boot))) work(join(folder, boot, name))
}

function emptyUploads(folder: string): void {
  eachUpload(folder, (path) => rmSync(path))
}
