import { mkdirSync, rmSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { requireProgram } from '../e2e/testing/programs.ts'
import { type RunOptions, runOk } from '../e2e/testing/run.ts'
import type { Compression, Contender } from './contender.ts'

export interface OursOptions {
  readonly name: string
  /** The installed command. */
  readonly program: string
  /** Data folder. */
  readonly root: string
  /** As for --runtime; what the host prefers when undefined. */
  readonly runtime: string | undefined
  /** Of a push; its own default when undefined. */
  readonly compression: Compression | undefined
}

/** The installed command of this project; the Node that runs the benchmark comes first on its PATH. */
export async function startOurs({ name, program, root, runtime, compression }: OursOptions): Promise<Contender> {
  mkdirSync(root, { recursive: true })
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
  const options: RunOptions = { env: { PATH: path, IBUILD_ROOT: root } }
  const { stdout } = await runOk(program, ['--version'], options)
  const pushed = compression === undefined ? ['--push'] : ['-o', `type=registry,compression=${compression}`]
  const chosen = runtime === undefined ? [] : ['--runtime', runtime]
  return {
    name,
    version: `${stdout.trim()}, Node ${process.versions.node}${runtime === undefined ? '' : `, ${await versionOf(runtime)}`}`,
    ...(runtime !== undefined && { proof: new RegExp(`^runtime: ${runtime} `, 'm') }),
    ...(compression !== undefined && { compression }),
    load: async (image) => void (await runOk(program, ['load', '-i', image.archive], options)),
    build: ({ context, tag, cache, squash = false, push = false }) => {
      const more = [...(squash ? ['--squash=all'] : []), ...(push ? pushed : [])]
      const wanted = [...(cache ? [] : ['--no-cache']), ...more]
      const flags = ['-t', tag, '--progress', 'plain', '--network', 'host', ...chosen, ...wanted]
      return { program, args: ['build', ...flags, context], options }
    },
    forget: async () => rmSync(root, { recursive: true, force: true }),
    imageId: async (tag) => {
      const images = JSON.parse((await runOk(program, ['images', '--json'], options)).stdout) as ListedImage[]
      return images.find(({ repository }) => repository === tag)?.id ?? 'nothing'
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function versionOf(runtime: string): Promise<string> {
  const { stdout } = await runOk(requireProgram(runtime), ['--version'])
  return stdout.split('\n')[0]?.replace(' version', '') ?? runtime
}

interface ListedImage {
  readonly repository: string
  readonly id: string
}
