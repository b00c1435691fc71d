import { limitOf, type MaxLayers } from './layer-limit.ts'
import { type Partition, partition } from './partition.ts'

/** Which layers `--squash` merges: those of the build, or those of the base too. */
export type Squash = 'new' | 'all'

export interface MergeWish {
  readonly squash?: Squash | undefined
  readonly maxLayers?: MaxLayers | undefined
  /** True when docker's daemon is to take the image. */
  readonly forDocker?: boolean
}

/** How many layers an image has before any are merged. */
export interface Depth {
  /** Layers of the base image. */
  readonly base: number
  /** Layers that come on top of them. */
  readonly added: number
}

/** How the whole stack is merged. Layers of the base are only when it is asked for, or when they leave no room. */
export function groupsOf(depth: Depth, wish: MergeWish): Partition {
  const asked = squashed(depth, wish.squash)
  if (wish.maxLayers === undefined) return asked
  const most = limitOf(wish.maxLayers, { forDocker: wish.forDocker === true })
  return asked.length <= most ? asked : fitted(depth, most, wish.squash)
}

function squashed({ base, added }: Depth, squash: Squash | undefined): Partition {
  if (squash === 'all') return partition(base + added, 1)
  return [...singles(base), ...(squash === 'new' ? partition(added, 1) : singles(added))]
}

function fitted({ base, added }: Depth, most: number, squash: Squash | undefined): Partition {
  if (squash === 'new' && added > 0 && most > 1) return [...partition(base, most - 1), added]
  if (most > base && added > 0) return [...singles(base), ...partition(added, most - base)]
  return partition(base + added, most)
}

function singles(count: number): Partition {
  return partition(count, Math.max(1, count))
}
