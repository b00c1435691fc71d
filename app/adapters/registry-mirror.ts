import type { ImageVerifier } from '../../builder/ports.ts'
import { asSigned } from '../../builder/transfer/signed-content.ts'
import { copyImage } from '../../registry/client/images/copy-image.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { isTag, parseName } from '../../registry/protocol/names.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import type { Mirror } from '../../retention/ports.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { familiarName, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { ownRepository } from './own-repository.ts'
import { checkSize } from './remote-images.ts'

export interface MirrorSource {
  /** Of the registries in which images are. */
  readonly client: () => Promise<RegistryClient>
  /** Says what was signed under a name, which then is what is copied; without it nothing has to be signed. */
  readonly verifier: ImageVerifier | undefined
}

export interface RegistryMirrorOptions extends MirrorSource {
  readonly service: RegistryService
}

/**
 * Copies images into a registry of this process, whole, with what refers to them. Errors of copies: those of both registries,
 * REGISTRY_NOT_FOUND, TRUST_*.
 */
export function registryMirror({ service, client, verifier }: RegistryMirrorOptions): Mirror {
  return {
    async refresh(image, to, signal) {
      const from = withDefaultTag(parseReference(image))
      const { tag = '' } = from
      if (!isTag(tag)) throw new IbuildError('REFERENCE_INVALID', `${image} names no tag`)
      const repository = ownRepository(service, parseName(to ?? from.path), 'mirror')
      const source = (await client()).repository(from)
      const meant = await meantBy(from, { client, verifier }, signal)
      if ((await repository.resolve(tag))?.digest === meant.digest) return { digest: meant.digest, isNew: false }
      const copied = await asSigned(from, async () => {
        const manifest = meant.size === undefined ? undefined : await source.manifest(meant.digest, { signal })
        if (manifest !== undefined) checkSize(manifest, from, meant)
        const place = { repository: source, ref: meant.digest }
        return copyImage(place, { repository, ref: tag }, { referrers: true, signal })
      })
      if (copied === undefined) throw notThere(from)
      return { digest: copied.digest, isNew: true }
    },
  }
}

/** What a name means now: what is signed under it, where it must be, or else what its registry says. Errors: REGISTRY_NOT_FOUND, TRUST_*. */
export async function meantBy(
  from: Reference,
  { client, verifier }: MirrorSource,
  signal: AbortSignal,
): Promise<{ readonly digest: Digest; readonly size?: number | undefined }> {
  const signed = await verifier?.verify(from, { signal })
  if (signed !== undefined) return signed
  const { digest, tag } = from
  const found = await (await client()).repository(from).resolve(digest ?? tag ?? 'latest', { signal })
  if (found === undefined) throw notThere(from)
  return { digest: found.digest }
}

function notThere(from: Reference): IbuildError {
  return new IbuildError('REGISTRY_NOT_FOUND', `${from.domain} has no image ${familiarName(from)}`)
}
