import type { Mirror } from '../../retention/ports.ts'
import { familiarName, parseReference, withDefaultTag } from '../../shared/base/reference.ts'
import { dockerEngine } from '../../shared/net/docker-engine.ts'
import { type MirrorSource, meantBy } from './registry-mirror.ts'

export interface DockerMirrorOptions extends MirrorSource {
  /** As in DOCKER_HOST. */
  readonly host: string
}

/**
 * Lets a Docker daemon pull images by the digests that their names mean now, or were signed with, and names them. The daemon reaches
 * registries with its own certificates and proxies. Errors: DOCKER_*, those of the registry, TRUST_*.
 */
export function dockerMirror({ host, ...source }: DockerMirrorOptions): Mirror {
  return {
    async refresh(image, to, signal) {
      const from = withDefaultTag(parseReference(image))
      const { tag = 'latest', domain, path } = from
      const engine = dockerEngine({ host, signal })
      const { digest } = await meantBy(from, source, signal)
      const repository = familiarName({ domain, path })
      const name = { repository: to ?? repository, tag }
      const pinned = `${repository}@${digest}`
      const known = await engine.imageID(pinned)
      if (known !== undefined && known === (await engine.imageID(`${name.repository}:${tag}`))) {
        return { digest, isNew: false }
      }
      if (known === undefined) await engine.pull(repository, digest)
      await engine.tag(pinned, name)
      return { digest, isNew: true }
    },
  }
}
