import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Digest, digestOf, hexOf, isDigest } from '../../shared/base/digest.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { currentBoot } from '../../shared/cas/owner.ts'
import { digestOfFileName, fileNameOf, type Layout } from './layout.ts'
import { readJsonFile } from './read-json-file.ts'

/** Says in which folder the snapshot of a chain lies, and which boot made it. */
export interface SnapshotMark {
  readonly id: string
  readonly boot: string
  /** The last layer of the chain: the one that was extracted there. */
  readonly diffID: Digest
}

export interface KeyedMark {
  readonly chainID: Digest
  readonly mark: SnapshotMark
}

export function markFile(layout: Layout, chainID: Digest): string {
  return path.join(layout.snapshotMarks, fileNameOf(chainID))
}

/** Its presence says that the folder of the mark was synced. */
export function flagFile(layout: Layout, chainID: Digest, mark: SnapshotMark): string {
  return `${markFile(layout, chainID)}.${mark.id}`
}

/** Undefined when it is not there or damaged. */
export function readMark(layout: Layout, chainID: Digest): SnapshotMark | undefined {
  const mark = readJsonFile(markFile(layout, chainID))
  if (mark === undefined || mark['version'] !== 1) return undefined
  const { id, boot, diffID } = mark
  if (typeof id !== 'string' || !/^[0-9a-z]{1,16}$/.test(id)) return undefined
  if (typeof boot !== 'string' || typeof diffID !== 'string' || !isDigest(diffID)) return undefined
  return { id, boot, diffID }
}

export function formatMark(mark: SnapshotMark): string {
  return JSON.stringify({ version: 1, ...mark })
}

export function listMarks(layout: Layout): KeyedMark[] {
  return namesIn(layout.snapshotMarks).flatMap((name) => {
    const chainID = digestOfFileName(name)
    const mark = chainID && readMark(layout, chainID)
    return chainID === undefined || mark === undefined ? [] : [{ chainID, mark }]
  })
}

/** The mark for a chain in this boot, with the first candidate id that no other chain has. */
export function newMark(layout: Layout, chainID: Digest, diffID: Digest): SnapshotMark {
  const boot = currentBoot()
  for (let attempt = 0; ; attempt++) {
    const id = candidateID(`${chainID} ${boot} ${attempt}`)
    if (!existsSync(path.join(layout.snapshots, id)) || !isOfOther(layout, chainID, id)) return { id, boot, diffID }
  }
}

/** Eight characters of a hash: short for mount options; the marks tell apart chains for which they are equal. */
function candidateID(text: string): string {
  return BigInt(`0x${hexOf(digestOf(text))}`)
    .toString(36)
    .slice(-8)
}

function isOfOther(layout: Layout, chainID: Digest, id: string): boolean {
  return listMarks(layout).some((other) => other.chainID !== chainID && other.mark.id === id)
}
