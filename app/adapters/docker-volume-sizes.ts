import { isIbuildError } from '../../shared/base/errors.ts'
import type { DockerEngine } from '../../shared/net/docker-engine.ts'
import type { DockerLook } from './docker-inventory-look.ts'

/** Bytes of volumes by their names; 0 where the daemon does not tell. */
export interface VolumeSizes {
  /** Has all measured anew, which takes the daemon the longer the more is in them. */
  measure(look: DockerLook): Promise<ReadonlyMap<string, number>>
  /** As they were last measured; that happens when there is one that was not there then. */
  known(look: DockerLook): Promise<ReadonlyMap<string, number>>
}

export function createVolumeSizes(engine: Pick<DockerEngine, 'volumeSizes'>): VolumeSizes {
  let last: ReadonlyMap<string, number> = new Map()
  let going: Promise<ReadonlyMap<string, number>> | undefined
  const measure = async ({ volumes }: DockerLook): Promise<ReadonlyMap<string, number>> => {
    if (volumes.length === 0) return new Map()
    going ??= ask(engine).finally(() => {
      going = undefined
    })
    const sizes = await going
    last = new Map(volumes.map(({ name }) => [name, sizes.get(name) ?? 0]))
    return last
  }
  return { measure, known: async (look) => (look.volumes.every(({ name }) => last.has(name)) ? last : measure(look)) }
}

/** A daemon that measures for somebody else refuses. */
async function ask(engine: Pick<DockerEngine, 'volumeSizes'>): Promise<ReadonlyMap<string, number>> {
  try {
    return await engine.volumeSizes()
  } catch (error) {
    if (isIbuildError(error, 'DOCKER_FAILED')) return new Map()
    throw error
  }
}
