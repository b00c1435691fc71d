import type { FindOptions, ImageVerifier, RemoteImage } from '../../builder/ports.ts'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { imagePlatform } from '../../builder/store/local-manifest.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { type PullOptions, pulledName, pullImage } from '../../builder/transfer/pull-image.ts'
import { asSigned, findSigned } from '../../builder/transfer/signed-content.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { familiarName, type Reference } from '../../shared/base/reference.ts'
import { fitsPlatform } from '../../shared/oci/choose-platform.ts'
import { parseConfig } from '../../shared/oci/config.ts'
import { describeForeign, formatPlatform, hostPlatform, type Platform } from '../../shared/oci/platform.ts'
import { remoteImages } from '../adapters/remote-images.ts'
import { notInRegistry } from './not-in-registry.ts'

/** What a pull is told by its caller. */
export interface PullSettings extends Pick<PullOptions, 'maxLayers' | 'atOnce'> {
  /** That of this machine unless told otherwise: then an image for another one is a warning, not an error. */
  readonly platform?: Platform | undefined
  /** Says what was signed under the name, which then is what is pulled; without it nothing has to be signed. */
  readonly verifier?: ImageVerifier | undefined
}

interface PullScope extends PullSettings {
  readonly client: RegistryClient
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: BuildEvent) => void
}

export interface Pulled {
  /** Full. */
  readonly name: string
  /** Of what the name means in the registry: a manifest, or an index. */
  readonly digest: Digest | undefined
  readonly image: StoredImage
  /** False when the name meant this image before. */
  readonly isNew: boolean
}

/**
 * Pulls the image of a name. Errors: those of `pullImage`, REGISTRY_NOT_FOUND with similar tags, PLATFORM_NOT_FOUND, NOT_AN_IMAGE;
 * with a verifier TRUST_*.
 */
export async function pullFrom(store: Store, reference: Reference, scope: PullScope): Promise<Pulled> {
  const content = await scope.verifier?.verify(reference, { signal: scope.signal })
  if (content === undefined) return keep(store, await findNamed(reference, scope), { ...scope, reference })
  return asSigned(reference, async () => {
    const found = await findSigned(remoteImages(scope.client), { reference, content }, findOptions(scope))
    return keep(store, found, { ...scope, reference })
  })
}

function findOptions({ platform = hostPlatform(), signal }: PullScope): FindOptions {
  return { platform, signal }
}

/** What the registry has under the name. */
async function findNamed(reference: Reference, scope: PullScope): Promise<RemoteImage> {
  const { client, signal } = scope
  const remote = await remoteImages(client).find(reference, findOptions(scope))
  if (remote === undefined) throw await notInRegistry(client, reference, signal)
  return remote
}

interface KeepScope extends PullScope {
  readonly reference: Reference
}

async function keep(store: Store, remote: RemoteImage, scope: KeepScope): Promise<Pulled> {
  const { reference, signal, emit, maxLayers, atOnce } = scope
  const name = pulledName(reference)
  const onWarning = (message: string): void => emit({ type: 'notice', message: `warning: ${message}` })
  checkPlatform(remote, { reference, asked: scope.platform, onWarning })
  const { image, isNew } = await pullImage(store, remote, { name, signal, emit, maxLayers, atOnce, onWarning })
  return { name, digest: remote.reference.digest, image, isNew }
}

interface PlatformCheck {
  readonly reference: Reference
  readonly asked: Platform | undefined
  readonly onWarning: (message: string) => void
}

/** A name without an index has the one image that it has. */
function checkPlatform({ config }: RemoteImage, { reference, asked, onWarning }: PlatformCheck): void {
  const own = imagePlatform(parseConfig(parseJson(config, { what: 'image config' })))
  if (fitsPlatform(asked ?? hostPlatform(), own)) return
  if (asked === undefined) return onWarning(describeForeign(hostPlatform(), own))
  const message = `${familiarName(reference)} has no image for ${formatPlatform(asked)}: it is one for ${formatPlatform(own)}`
  throw new IbuildError('PLATFORM_NOT_FOUND', message)
}
