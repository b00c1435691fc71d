import type { ItemFacts, Wants } from '../../retention/facts.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { EngineImageDetails, EngineVolume } from '../../shared/net/docker-answers.ts'
import { createdTime } from '../../shared/oci/created-time.ts'
import { type DockerLook, guardsOfImage, guardsOfVolume, type ImageItem } from './docker-inventory-look.ts'

interface Known {
  readonly wants: Wants
  readonly now: number
}

/** When an image was named here; what was pulled or loaded with its name was not, and then it is when it was made. */
export function imageFacts(
  look: DockerLook,
  { kind, repository, name, image }: ImageItem,
  { details, wants, now }: Known & { readonly details: EngineImageDetails },
): ItemFacts {
  const { id, size, created, labels } = image
  return {
    kind,
    repository,
    name,
    digest: id,
    size,
    pushedAt: details.taggedAt ?? createdTime(created) ?? startOfDay(now),
    createdAt: wants.created ? createdTime(created) : undefined,
    labels: wants.labels ? labels : undefined,
    guards: guardsOfImage(look, image),
  }
}

export function volumeFacts(
  look: DockerLook,
  { name, createdAt, labels }: EngineVolume,
  { sizes, wants, now }: Known & { readonly sizes: ReadonlyMap<string, number> },
): ItemFacts {
  return {
    kind: 'volume',
    repository: '',
    name,
    digest: name,
    size: sizes.get(name) ?? 0,
    pushedAt: createdAt ?? startOfDay(now),
    labels: wants.labels ? labels : undefined,
    guards: guardsOfVolume(look, name),
  }
}

/**
 * Of a time that nobody knows: so recent that no rule on age deletes, and the same for a while, or what a plan saw would always have
 * changed when it is applied.
 */
function startOfDay(now: number): number {
  return Math.floor(now / 86_400_000) * 86_400_000
}

/** Of all that decides: names, what they lead to, and who uses what. */
export function revisionOf({ images, volumes, containers }: DockerLook): string {
  const parts = [
    images.map(({ id, parent, tags, digests }) => [id, parent ?? '', ...[...tags].sort(), ...[...digests].sort()]),
    volumes.map(({ name, createdAt }) => [name, createdAt ?? 0]),
    containers.map(({ id, image, imageID, volumes: mounted }) => [id, image, imageID, ...[...mounted].sort()]),
  ]
  return digestOf(JSON.stringify(parts.map((part) => part.map((one) => JSON.stringify(one)).sort())))
}
