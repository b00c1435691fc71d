import { isName, isTag, type RepositoryName } from '../../registry/protocol/names.ts'
import { unlessUnknown } from '../../registry/protocol/unless-unknown.ts'
import type { OpenRegistry } from '../../registry/server/open-registry.ts'
import type { Restored, Undoable } from '../../retention/ports.ts'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'

/** Gives tags back, and hands to garbage collection what the trash keeps no more. */
export function undoInRegistry({ service, gc }: Pick<OpenRegistry, 'service' | 'gc'>): Undoable {
  const restoreTag = async (
    name: RepositoryName,
    tags: { readonly tag: string; readonly instead: string },
    options: { readonly to: Digest; readonly by: string },
  ): Promise<Restored> => {
    const given = await service.history.giveBack(name, tags.tag, options)
    if (given === 'set') return { kind: 'restored', tag: tags.tag }
    if (given === 'gone') return { kind: 'purged' }
    if (given === 'there already') return { kind: 'there already' }
    const instead = await service.history.giveBack(name, tags.instead, options)
    if (instead === 'gone') return { kind: 'purged' }
    if (instead !== 'used') return { kind: 'restored', tag: tags.instead }
    throw new IbuildError('RETENTION_BUSY', `the tag ${tags.instead} of ${name} was taken meanwhile`, {
      hint: 'Try again: another name is found then.',
    })
  }
  return {
    restore: async ({ kind, repository, name }, { digest, by, instead }) => {
      if (!isName(repository) || !isDigest(digest)) return { kind: 'purged' }
      if (kind === 'tag' && isTag(name) && isTag(instead)) {
        return restoreTag(repository, { tag: name, instead }, { to: digest, by })
      }
      await service.lease(repository, digest)
      const stored = await service.manifests.get(repository, { digest }).catch(unlessUnknown)
      return { kind: stored === undefined ? 'purged' : 'there already' }
    },
    purge: async (repository, digest) => (isName(repository) && isDigest(digest) ? gc.purge(repository, digest) : 0),
  }
}
