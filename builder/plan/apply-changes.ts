import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { parseDockerfile } from '../dockerfile/parse.ts'
import type { Dockerfile, Instruction } from '../dockerfile/types.ts'
import { planBuild } from './plan.ts'
import type { ImageSource } from './types.ts'

/** Instructions that say something about the config and nothing else. */
const allowed: ReadonlySet<Instruction['kind']> = new Set([
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
])

/**
 * An image config after Dockerfile instructions, as `--change` takes them; each is a text such as `CMD ["sh"]`. Layers,
 * history and time stay. As in a build, an environment without PATH gets docker's. WORKDIR makes no folder. Triggers
 * (ONBUILD) of the image are not run, and stay. Errors: USAGE for any other instruction, and those of a Dockerfile.
 */
export async function applyChanges(image: ImageConfig, changes: readonly string[]): Promise<ImageConfig> {
  let config = image
  for (const change of changes) config = await applyChange(config, change)
  return config
}

async function applyChange(image: ImageConfig, change: string): Promise<ImageConfig> {
  const dockerfile = parseChange(change)
  const instructions = dockerfile.stages.flatMap((stage) => stage.instructions)
  const isRefused = instructions.some(({ kind }) => !allowed.has(kind))
  if (isRefused || dockerfile.stages.length > 1 || instructions.length === 0) throw refused(change)
  const { OnBuild: triggers = [], ...settings } = image.config ?? {}
  const plan = await planBuild(dockerfile, planOptions, sourceOf({ ...image, config: settings }))
  const { config } = plan.target.config
  const all = [...triggers, ...(config?.OnBuild ?? [])]
  return {
    ...plan.target.config,
    config: { ...config, ...(all.length > 0 && { OnBuild: all }) },
    rootfs: image.rootfs,
    ...(image.history !== undefined && { history: image.history }),
    ...(image.created !== undefined && { created: image.created }),
  }
}

/** Errors have no location: the text is one of the command line. */
function parseChange(change: string): Dockerfile {
  try {
    return parseDockerfile(Buffer.from(`FROM image\n${change}`), '--change')
  } catch (error) {
    if (!(error instanceof IbuildError)) throw error
    throw new IbuildError(error.code, `--change ${JSON.stringify(change)}: ${error.message}`, { cause: error })
  }
}

const planOptions = {
  target: undefined,
  buildArgs: new Map<string, string>(),
  labels: new Map<string, string>(),
  network: 'default',
  platform: hostPlatform(),
} as const

function sourceOf(config: ImageConfig): ImageSource {
  return { resolve: async (name) => ({ name, manifestDigest: digestOf(''), config, diffIDs: [] }) }
}

function refused(change: string): IbuildError {
  return new IbuildError('USAGE', `--change takes one instruction for the config, not ${JSON.stringify(change)}`, {
    hint: `It may be: ${[...allowed].join(', ')}.`,
  })
}
