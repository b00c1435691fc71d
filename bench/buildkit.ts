import { mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { startBuildkitd } from '../e2e/testing/buildkitd.ts'
import { requireProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import type { BuildRequest, Command, Contender } from './contender.ts'

/** A buildkitd of our own with the image exporter; bases come from an OCI layout, because it has no local images. */
export async function startBuildkit(directory: string): Promise<Contender> {
  const daemon = await startBuildkitd(join(directory, 'd'))
  const program = requireProgram('buildctl')
  const options = { env: { BUILDKIT_HOST: daemon.host } }
  const bases = new Map<string, string>()
  const metadata = (tag: string): string => join(directory, `${basename(tag)}.json`)
  return {
    name: 'buildkit',
    version: `BuildKit ${versionOf(program)}`,
    load: async (image) => {
      const layout = join(directory, image.name)
      mkdirSync(layout)
      await runOk('tar', ['-xf', image.archive, '-C', layout])
      bases.set(image.name, layout)
    },
    build: (request) => ({ program, args: arguments_(request, bases, metadata(request.tag)), options }),
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

function arguments_(request: BuildRequest, bases: ReadonlyMap<string, string>, metadata: string): Command['args'] {
  const { context, tag, cache, push = false } = request
  const named = [...bases].flatMap(([name, layout]) => base(name, layout))
  const folders = ['--local', `context=${context}`, '--local', `dockerfile=${context}`]
  const output = [
    '--output',
    `type=image,name=${tag}${push ? ',push=true,registry.insecure=true' : ''}`,
    '--metadata-file',
    metadata,
  ]
  const flags = ['--progress', 'plain', ...(cache ? [] : ['--no-cache'])]
  return ['build', '--frontend', 'dockerfile.v0', ...flags, ...folders, ...named, ...output]
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
