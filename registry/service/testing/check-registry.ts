import { algorithmOf, digestOf, isDigest, parseDigest } from '../../../shared/base/digest.ts'
import { lastPart, type RowKind } from '../../../shared/rows/row-kind.ts'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { parseManifest } from '../../protocol/manifest.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import {
  blobRows,
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

export interface CheckOptions {
  /** True when blobs were deleted that manifests name. */
  readonly mayLackBlobs?: boolean
  /** True when only rows are looked at. */
  readonly mayLackBytes?: boolean
  /** Digests of all blobs that the driver has, where the test can list them. */
  readonly stored?: readonly string[]
}

interface Rows {
  readonly has: (key: string) => boolean
  readonly of: <Value>(
    kind: Pick<RowKind<string[], Value>, 'prefix' | 'parse'>,
  ) => { readonly parts: string[]; readonly key: string; readonly value: Value }[]
}

/**
 * Everything that is wrong with what a registry has stored: rows without their mirror, tags that lead nowhere, manifests and
 * blobs without their bytes, images without their blobs, bytes of nobody. Reads all there is.
 */
export async function checkRegistry(
  { metadata, driver }: { readonly metadata: RowStore; readonly driver: BlobDriver },
  { mayLackBlobs = false, mayLackBytes = false, stored = [] }: CheckOptions = {},
): Promise<string[]> {
  const rows = await readRows(metadata)
  const bytes = await readManifests(driver, rows)
  return [
    ...checkTags(rows),
    ...checkManifests(rows),
    ...(mayLackBytes ? [] : checkBytes(rows, bytes)),
    ...(mayLackBlobs ? [] : checkBlobsOfManifests(rows, bytes)),
    ...(await checkLinks(rows, driver)),
    ...checkUsage(rows),
    ...stored.filter((digest) => !isNamed(rows, digest)).map((digest) => `${digest} is nobody's`),
  ]
}

async function readRows(metadata: RowStore): Promise<Rows> {
  const all = new Map((await metadata.list({ prefix: '', limit: 1_000_000 })).map(({ key, value }) => [key, value]))
  return {
    has: (key) => all.has(key),
    of: (kind) =>
      [...all]
        .filter(([key]) => key.startsWith(kind.prefix()))
        .map(([key, value]) => ({ key, parts: key.split(' ').slice(1), value: kind.parse(key, value) })),
  }
}

function checkTags(rows: Rows): string[] {
  const missing = (key: string, why: string): string[] => (rows.has(key) ? [] : [`${key} is missing: ${why}`])
  const tags = rows.of(tagRows)
  const histories = rows.of(historyRows)
  return [
    ...tags.flatMap(({ parts: [name = '', tag = ''], value: { digest, move }, key }) => [
      ...missing(manifestRows.key(name, digest), key),
      ...missing(taggedRows.key(name, digest, tag), key),
      ...missing(historyRows.key(name, tag, movePart(move)), key),
      ...(rows.has(historyRows.key(name, tag, movePart(move + 1))) ? [`${key} is behind its history`] : []),
    ]),
    ...rows
      .of(taggedRows)
      .flatMap(({ parts: [name, digest, tag], key }) =>
        tags.some((each) => each.parts[0] === name && each.parts[1] === tag && each.value.digest === digest)
          ? []
          : [`${key} mirrors no tag`],
      ),
    ...histories.flatMap(({ parts: [name = '', tag = '', move = ''], value, key }) => {
      const isLast = !rows.has(historyRows.key(name, tag, movePart(Number(move) + 1)))
      const now = tags.find((each) => each.parts[0] === name && each.parts[1] === tag)?.value.digest
      return isLast && value.digest !== now ? [`${key} is not what the tag leads to`] : []
    }),
  ]
}

function checkManifests(rows: Rows): string[] {
  const missing = (key: string, why: string): string[] => (rows.has(key) ? [] : [`${key} is missing: ${why}`])
  const manifests = rows.of(manifestRows)
  const referrers = new Set<string>()
  const found = manifests.flatMap(({ parts: [name = ''], value, key }) => {
    const digest = parseDigest(lastPart(key))
    const referrer = value.subject && referrerRows.key(name, value.subject, value.artifactType ?? '', digest)
    if (referrer !== undefined) referrers.add(referrer)
    return [
      ...missing(holderRows.key(digest, name), key),
      ...missing(repositoryRows.key(name), key),
      ...(referrer === undefined ? [] : missing(referrer, key)),
    ]
  })
  return [
    ...found,
    ...rows
      .of(holderRows)
      .flatMap(({ parts: [digest = '', name = ''], key }) => missing(manifestRows.key(name, parseDigest(digest)), key)),
    ...rows.of(referrerRows).flatMap(({ key }) => (referrers.has(key) ? [] : [`${key} is of no manifest`])),
    ...rows
      .of(repositoryRows)
      .flatMap(({ parts: [name], key }) =>
        manifests.some((each) => each.parts[0] === name) ? [] : [`${key} has no manifest`],
      ),
  ]
}

function checkBytes(rows: Rows, bytes: ReadonlyMap<string, Uint8Array>): string[] {
  return rows.of(manifestRows).flatMap(({ value, key }) => {
    const [digest, content] = [parseDigest(lastPart(key)), bytes.get(lastPart(key))]
    const isRight = content?.byteLength === value.size && digestOf(content, algorithmOf(digest)) === digest
    return isRight ? [] : [`${key} has not its bytes`]
  })
}

function checkBlobsOfManifests(rows: Rows, bytes: ReadonlyMap<string, Uint8Array>): string[] {
  return rows.of(manifestRows).flatMap(({ parts: [name = ''], value, key }) => {
    const content = bytes.get(lastPart(key))
    if (content === undefined) return []
    return parseManifest(content, value.mediaType)
      .blobs.filter(({ digest }) => !rows.has(linkRows.key(name, digest)))
      .map(({ digest }) => `${key} names ${digest}, which the repository lacks`)
  })
}

async function checkLinks(rows: Rows, driver: BlobDriver): Promise<string[]> {
  const found: string[] = []
  for (const { parts, value, key } of rows.of(linkRows)) {
    const [name = '', digest] = [parts[0], parseDigest(lastPart(key))]
    if (!rows.has(linkedRows.key(digest, name))) found.push(`${key} has no mirror`)
    if (!rows.has(blobRows.key(digest))) found.push(`${key} has no blob row`)
    if ((await driver.size(digest)) !== value.size) found.push(`${key} has not its bytes`)
  }
  for (const { parts, key } of rows.of(linkedRows)) {
    if (!rows.has(linkRows.key(lastPart(key), parseDigest(parts[0] ?? '')))) found.push(`${key} mirrors no link`)
  }
  return found
}

/** What is being counted just now is not looked at. */
function checkUsage(rows: Rows): string[] {
  if (!rows.has(settingRows.key('usage'))) return []
  const sums = new Map<string, number>()
  for (const kind of [linkRows, manifestRows]) {
    for (const {
      parts: [name = ''],
      value,
    } of rows.of<{ readonly size: number }>(kind)) {
      sums.set(name, (sums.get(name) ?? 0) + value.size)
    }
  }
  const usage = new Map(rows.of(usageRows).map(({ parts: [name = ''], value }) => [name, value]))
  return [...new Set([...sums.keys(), ...usage.keys()])].flatMap((name) => {
    const [row, sum] = [usage.get(name), sums.get(name) ?? 0]
    return row?.countedTo !== undefined || (row?.bytes ?? 0) === sum ? [] : [`usage of ${name} is not ${sum}`]
  })
}

/** By a repository, or as what an upload is becoming. */
function isNamed(rows: Rows, digest: string): boolean {
  if (!isDigest(digest)) return false
  const isPart = ({ parts }: { readonly parts: readonly string[] }): boolean => parts[0] === digest
  const isUploaded = rows.of(uploadRows).some(({ value }) => value.digest === digest)
  return isUploaded || rows.has(blobRows.key(digest)) || rows.of(holderRows).some(isPart)
}

async function readManifests(driver: BlobDriver, rows: Rows): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (const { key } of rows.of(manifestRows)) {
    const reader = await driver.open(parseDigest(lastPart(key)))
    if (reader === undefined) continue
    const bytes = new Uint8Array(reader.size)
    await reader.read(bytes, 0)
    await reader.close()
    found.set(lastPart(key), bytes)
  }
  return found
}
