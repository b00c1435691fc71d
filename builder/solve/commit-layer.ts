import { join } from 'node:path'
import { untilAborted } from '../../shared/base/abort.ts'
import { notAfter } from '../layers/entry.ts'
import { type LayerMember, writeLayer } from '../layers/layer-writer.ts'
import { interruptible } from '../layers/turns.ts'
import { type ExecutedLayer, settleDiff } from './cut-off.ts'
import type { LayerChain } from './layer-chain.ts'
import type { Solver } from './solver.ts'

/** What COPY, ADD or WORKDIR puts on the layers below. */
export interface WrittenDiff {
  readonly chain: LayerChain
  readonly members: Iterable<LayerMember>
  /** The time that the step gave to what has none of its own, in nanoseconds. */
  readonly givenTime: bigint
  /** An earlier step with the same result may stand for this one. */
  readonly mayReuse: boolean
}

/** Writes members as a layer in one pass and stores it unless an earlier step made the same; nothing is mounted or extracted. */
export async function commitLayer(solver: Solver, diff: WrittenDiff): Promise<ExecutedLayer> {
  const { store, signal } = solver
  const { chain, members, givenTime, mayReuse } = diff
  const folder = await store.temp('layer')
  try {
    const tarFile = join(folder.dir, 'layer')
    const { diffID, size, entries } = await writeLayer(interruptible(bounded(members, solver), signal), tarFile, {
      sync: false,
    })
    const commit = async (): Promise<typeof diffID> => {
      await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
      return diffID
    }
    const own = { from: givenTime, to: givenTime }
    return await settleDiff(solver, { chain, entries, own, mayReuse, commit })
  } finally {
    await folder.release()
  }
}

/** Bounds times, and stops a content that comes in pieces when the signal aborts. */
function* bounded(members: Iterable<LayerMember>, { latest, signal }: Solver): Generator<LayerMember> {
  for (const { entry, content, ...member } of members) {
    const stoppable = content === undefined || content instanceof Uint8Array ? content : untilAborted(content, signal)
    yield { ...member, entry: notAfter(entry, latest), ...(stoppable && { content: stoppable }) }
  }
}
