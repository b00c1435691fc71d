import { parseDockerfile } from '../../builder/dockerfile/parse.ts'
import { planBuild } from '../../builder/plan/plan.ts'
import type { ImageSource } from '../../builder/plan/types.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { parseJson } from '../../shared/base/json.ts'
import { type ImageConfig, parseConfig } from '../../shared/oci/config.ts'
import { goodConfig } from './image-archive.ts'

/** Every image is there, with a config of its own. */
function imagesWith(config: ImageConfig): ImageSource {
  return {
    resolve: (name) =>
      Promise.resolve({ name, config, manifestDigest: digestOf('x'), diffIDs: config.rootfs.diff_ids }),
  }
}

const base = parseConfig(parseJson(JSON.stringify(goodConfig()), { what: 'config' }))

/** Parses and plans a Dockerfile whose images all have this config. */
export async function plan(bytes: Uint8Array, config: ImageConfig = base): Promise<void> {
  const platform = { os: 'linux', architecture: 'amd64' }
  const options = {
    target: undefined,
    buildArgs: new Map([['A', 'x']]),
    labels: new Map(),
    network: 'default' as const,
    platform,
  }
  await planBuild(parseDockerfile(bytes, 'Dockerfile'), options, imagesWith(config))
}
