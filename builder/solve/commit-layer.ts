import { join } from 'node:path'
import { untilAborted } from '../../shared/base/abort.ts'
import { notAfter } from '../layers/entry.ts'
import { type LayerMember, writeLayer } from '../layers/layer-writer.ts'
import { turns } from '../layers/turns.ts'
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
  const { store, latest, signal } = solver
  const { chain, members, givenTime, mayReuse } = diff
  const folder = await store.temp('layer')
  try {
    const tarFile = join(folder.dir, 'layer')
    const { diffID, size, entries } = await writeLayer(stoppable(bounded(members, latest), signal), tarFile, {
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

function* bounded(members: Iterable<LayerMember>, latest: bigint | undefined): Generator<LayerMember> {
  for (const member of members) yield { ...member, entry: notAfter(member.entry, latest) }
}

/** Small contents come without a pause: now and then an abort must get its turn. */
async function* stoppable(members: Iterable<LayerMember>, signal: AbortSignal): AsyncGenerator<LayerMember> {
  const turn = turns()
  for (const member of members) {
    const pause = turn()
    if (pause !== undefined) await pause
    signal.throwIfAborted()
    const { content } = member
    yield content === undefined || content instanceof Uint8Array
      ? member
      : { ...member, content: untilAborted(content, signal) }
  }
}
