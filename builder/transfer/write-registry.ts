import { inParallel } from '../../shared/base/in-parallel.ts'
import { formatReference, type Reference } from '../../shared/base/reference.ts'
import type { RegistryOutput, WrittenOutput } from '../output-types.ts'
import type { ImageSigner, Publisher, RepositoryName } from '../ports.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { type PublishImageOptions, publishImage } from './publish-image.ts'
import { registryNames } from './registry-names.ts'

export interface WriteRegistryOptions extends Omit<PublishImageOptions, 'compression' | 'format' | 'annotations'> {
  /** Names of the image, for an output that has none of its own. */
  readonly names: readonly string[]
}

/** Pushes a built image under each name, tags of one repository with one manifest. The errors are those of {@link publishImage}. */
export async function writeRegistry(
  store: Store,
  { image, output }: { readonly image: StoredImage; readonly output: RegistryOutput },
  { names, ...options }: WriteRegistryOptions,
): Promise<WrittenOutput> {
  const { compression, format, indexes, annotations } = output
  const how = { ...options, compression, format, indexes, annotations: annotations?.manifest }
  const references = registryNames(output, names)
  const descriptors = []
  for (const { to, tags } of byRepository(references))
    descriptors.push(await publishImage(store, { image, to, tags }, how))
  const [descriptor] = descriptors
  const dest = references.map(formatReference).join(',')
  return { type: 'registry', dest, ...(descriptor !== undefined && { descriptor }) }
}

/** Asks who signs whether all that will be pushed could be signed. Errors: those of the signer. */
export async function checkSigning(
  outputs: readonly RegistryOutput[],
  names: readonly string[],
  { signer, signal }: { readonly signer: ImageSigner; readonly signal: AbortSignal },
): Promise<void> {
  const all = outputs.flatMap((output) => registryNames(output, names))
  // one by one: a person may be asked for passphrases
  for (const { to, tags } of byRepository(all)) await signer.checkSign?.(to, tags, { signal })
}

interface TagsOfRepository {
  readonly to: RepositoryName
  readonly tags: readonly string[]
}

function byRepository(references: readonly Reference[]): readonly TagsOfRepository[] {
  const groups = Map.groupBy(references, ({ domain, path }) => formatReference({ domain, path }))
  return [...groups.values()].flatMap((group) => {
    const [to] = group
    return to === undefined ? [] : [{ to, tags: group.flatMap(({ tag }) => tag ?? []) }]
  })
}

/** Asks each repository whether one may push there, before the work that would be for nothing. Errors: those of the registry. */
export async function checkPushes(
  outputs: readonly RegistryOutput[],
  names: readonly string[],
  { publisher, signal }: { readonly publisher: Publisher; readonly signal: AbortSignal },
): Promise<void> {
  const all = outputs.flatMap((output) => registryNames(output, names))
  const repositories = new Map(all.map(({ domain, path }) => [formatReference({ domain, path }), { domain, path }]))
  await inParallel([...repositories.values()], { atOnce: 4, signal }, async (repository, stop) =>
    publisher.repository(repository).checkPush({ signal: stop }),
  )
}
