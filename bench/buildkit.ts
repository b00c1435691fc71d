import { mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { startBuildkitd } from '../e2e/testing/buildkitd.ts'
import { requireProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import type { BuildRequest, Command, Compression, Contender } from './contender.ts'

export interface BuildkitOptions {
  readonly name: string
  /** Of the layers that are pushed, the base's too; what it does by itself when undefined. */
  readonly compression: Compression | undefined
}

/** A buildkitd of our own with the image exporter; bases come from an OCI layout, because it has no local images. */
export async function startBuildkit(directory: string, { name, compression }: BuildkitOptions): Promise<Contender> {
  const daemon = await startBuildkitd(join(directory, 'd'))
  const program = requireProgram('buildctl')
  const options = { env: { BUILDKIT_HOST: daemon.host } }
  const bases = new Map<string, string>()
  const metadata = (tag: string): string => join(directory, `${basename(tag)}.json`)
  return {
    name,
    version: `BuildKit ${versionOf(program)}`,
    ...(compression !== undefined && { compression }),
    load: async (image) => {
      const layout = join(directory, image.name)
      mkdirSync(layout)
      await runOk('tar', ['-xf', image.archive, '-C', layout])
      bases.set(image.name, layout)
    },
    build: (request) => {
      const image = exporter(request, compression)
      const output = ['--output', image, '--metadata-file', metadata(request.tag)]
      return { program, args: [...arguments_(request, bases), ...output], options }
    },
    forget: async () => void (await daemon.buildctl(['prune', '--all'])),
    imageId: async (tag) =>
      (JSON.parse(readFileSync(metadata(tag), 'utf8')) as Metadata)['containerimage.config.digest'],
    [Symbol.asyncDispose]: () => daemon.close(),
  }
}

/** One made by `go install` knows its version from the module it was built from only. */
function versionOf(program: string): string {
  return (
    /mod\tgithub\.com\/moby\/buildkit\t(v[\w.-]+)/.exec(readFileSync(program, 'latin1'))?.[1] ?? 'of unknown version'
  )
}

interface Metadata {
  readonly 'containerimage.config.digest': string
}

function exporter({ tag, push = false }: BuildRequest, compression: Compression | undefined): string {
  const pushed = push ? ['push=true', 'registry.insecure=true'] : []
  const compressed = compression === undefined ? [] : [`compression=${compression}`, 'force-compression=true']
  return ['type=image', `name=${tag}`, ...pushed, ...compressed].join(',')
}

function arguments_({ context, cache }: BuildRequest, bases: ReadonlyMap<string, string>): Command['args'] {
  const named = [...bases].flatMap(([name, layout]) => base(name, layout))
  const folders = ['--local', `context=${context}`, '--local', `dockerfile=${context}`]
  const flags = ['--progress', 'plain', ...(cache ? [] : ['--no-cache'])]
  return ['build', '--frontend', 'dockerfile.v0', ...flags, ...folders, ...named]
}

function base(name: string, layout: string): string[] {
  const context = `context:${name}=oci-layout://${name}@${digestOf(layout)}`
  return ['--oci-layout', `${name}=${layout}`, '--opt', context]
}

function digestOf(layout: string): string {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  const [manifest] = index.manifests
  if (manifest === undefined) throw new Error(`${layout} is empty`)
  return manifest.digest
}
