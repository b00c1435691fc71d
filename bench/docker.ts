import { accessSync } from 'node:fs'
import { join } from 'node:path'
import { startDockerd } from '../e2e/testing/dockerd.ts'
import { requireProgram } from '../e2e/testing/programs.ts'
import { type RunOptions, runOk } from '../e2e/testing/run.ts'
import type { Contender } from './contender.ts'
import { inTurn } from './in-turn.ts'

/** BuildKit inside a dockerd of our own, asked by a docker command that needs no plugin for that. */
export async function startDocker(directory: string): Promise<Contender> {
  const daemon = await startDockerd(join(directory, 'd'))
  const program = clientWithBuildkit()
  const options: RunOptions = {
    env: {
      DOCKER_HOST: daemon.host,
      DOCKER_BUILDKIT: '1',
      DOCKER_CONFIG: join(directory, 'client'),
      DOCKER_CONTEXT: undefined,
    },
  }
  const docker = async (...args: string[]): Promise<string> => (await runOk(program, args, options)).stdout.trim()
  return {
    name: 'docker',
    version: `dockerd ${await docker('version', '--format', '{{.Server.Version}}')} with its BuildKit`,
    load: async (image) => {
      const archive = join(directory, `${image.name}.tar`)
      await runOk('skopeo', [
        'copy',
        '-q',
        `oci-archive:${image.archive}`,
        `docker-archive:${archive}:${image.name}:latest`,
      ])
      await docker('load', '-q', '-i', archive)
    },
    build: ({ context, tag, cache, push = false }) => {
      const flags = ['-t', tag, '--progress', 'plain', '--network', 'host', ...(cache ? [] : ['--no-cache'])]
      const build = ['build', ...flags, context]
      return push ? inTurn({ program, options }, build, ['push', tag]) : { program, args: build, options }
    },
    forget: async () => void (await docker('system', 'prune', '--all', '--force')),
    imageId: (tag) => docker('image', 'inspect', '--format', '{{.Id}}', tag),
    [Symbol.asyncDispose]: () => daemon.close(),
  }
}

/** Newer docker commands build with a plugin only; Debian's own one does not need it. */
function clientWithBuildkit(): string {
  try {
    accessSync('/usr/bin/docker')
    return '/usr/bin/docker'
  } catch {
    return requireProgram('docker')
  }
}
