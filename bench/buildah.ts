import { join } from 'node:path'
import { requireProgram } from '../e2e/testing/programs.ts'
import { type RunOptions, runOk } from '../e2e/testing/run.ts'
import type { Contender } from './contender.ts'
import { inTurn } from './in-turn.ts'

/** buildah with a store of its own, with layers (its cache), with runc (Debian's crun refuses hybrid cgroup hosts). */
export async function startBuildah(directory: string): Promise<Contender> {
  const program = requireProgram('buildah')
  const options: RunOptions = { env: { TMPDIR: directory, BUILDAH_ISOLATION: 'oci' } }
  const store = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run'), '--storage-driver', 'overlay']
  const buildah = async (...args: string[]): Promise<string> =>
    (await runOk(program, [...store, ...args], options)).stdout.trim()
  return {
    name: 'buildah',
    version: (await buildah('--version')).replace(/^buildah version (\S+).*$/, 'buildah $1'),
    load: async (image) => {
      const id = await buildah('pull', '-q', `oci-archive:${image.archive}`)
      await buildah('tag', id, `localhost/${image.name}:latest`)
    },
    build: ({ context, tag, cache, squash = false, push = false }) => {
      const flags = [
        '--layers',
        ...(squash ? ['--squash'] : []),
        ...(push ? ['--tls-verify=false'] : ['--pull-never']),
        '--network',
        'host',
        '--runtime',
        requireProgram('runc'),
        '-t',
        tag,
      ]
      const build = [...store, 'bud', ...flags, ...(cache ? [] : ['--no-cache']), context]
      if (!push) return { program, args: build, options }
      return inTurn({ program, options }, build, [...store, 'push', '--tls-verify=false', tag])
    },
    forget: async () => void (await buildah('rmi', '--all', '--force')),
    imageId: (tag) => buildah('inspect', '--type', 'image', '--format', '{{.FromImageID}}', tag),
    [Symbol.asyncDispose]: async () => undefined,
  }
}
