import type { RowStore } from '../../../shared/rows/row-store.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import { openFileDriver } from '../../storage/file-driver.ts'
import type { Files } from '../../storage/files.ts'
import { PowerCut, type Random, randomFrom, SimulatedDisk } from '../../storage/testing/simulated-disk.ts'
import { createCutMetadata } from './cut-metadata.ts'

/** A promise that is broken on purpose, to see that it is missed. */
export interface CutMutation {
  readonly files?: (files: Files) => Files
  readonly driver?: (driver: BlobDriver) => BlobDriver
  readonly metadata?: (metadata: RowStore) => RowStore
  /** Rows that are not minor are not synced either. */
  readonly isUnsynced?: boolean
}

export interface CutPlan {
  readonly mutation: CutMutation
  /** The process is killed, and the machine goes on. */
  readonly isKilled?: boolean
}

export interface CutStores {
  readonly driver: BlobDriver
  readonly metadata: RowStore
}

/** What is there when the machine, or the process, is started again. */
export interface AfterCut {
  readonly stores: CutStores
  readonly disk: SimulatedDisk
}

/**
 * Does work, which never ends by itself, until the power is cut or the process killed at the `at`-th call that asks for the
 * disk or changes rows. Chance is what `at` makes it: the same call for call.
 */
export async function cutAt(
  at: number,
  { mutation, isKilled = false }: CutPlan,
  work: (stores: CutStores, random: Random) => Promise<void>,
): Promise<AfterCut> {
  const random = randomFrom(at)
  const disk = new SimulatedDisk()
  let calls = 0
  disk.onCall = () => {
    if (++calls >= at) throw new PowerCut()
  }
  const metadata = createCutMetadata(() => disk.onCall('commit', ''), mutation.isUnsynced !== true)
  const boot = async (on: SimulatedDisk, name: string): Promise<BlobDriver> => {
    const files = mutation.files?.(on.files) ?? on.files
    const driver = await openFileDriver('/data', { files, boot: name })
    return mutation.driver?.(driver) ?? driver
  }
  try {
    const store = mutation.metadata?.(metadata.store) ?? metadata.store
    await work({ driver: await boot(disk, 'a'), metadata: store }, random)
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
  }
  disk.onCall = () => undefined
  const after = isKilled ? disk : disk.cut(random)
  const rows = await metadata.cut(isKilled ? () => 0.999 : random)
  return { disk: after, stores: { driver: await boot(after, isKilled ? 'a' : 'b'), metadata: rows } }
}

/** What `liesAt` finds for each call from one to the other. */
export async function liesOfAll(
  { from, until }: { readonly from: number; readonly until: number },
  liesAt: (at: number) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  for (let at = from; at <= until; at++) found.push(...(await liesAt(at)))
  return found
}
