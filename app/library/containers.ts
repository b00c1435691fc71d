import { checkOptions } from '../../builder/check-options.ts'
import { removeContainer as removing } from '../../builder/container/remove-container.ts'
import { findSubject } from '../../builder/container/subject.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Container } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { fullName } from '../../shared/base/reference.ts'
import { detailsOf, type Image } from './image.ts'
import type { StoreOptions } from './options.ts'
import type { SourceOptions } from './source.ts'

/** What a command left behind that was run with `keep`. */
export interface ContainerSummary {
  readonly name: string
  /** Of the image that it ran on. */
  readonly imageID: Digest
  readonly manifestDigest: Digest
  /** What the command changed; undefined when it changed nothing. */
  readonly layer: Digest | undefined
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly exitCode: number
  /** When the command had ended. */
  readonly created: Date
}

/** All containers, by name. Errors: `STORE_INVALID` when one is damaged; `removeContainer` takes it away. */
export async function listContainers(options: StoreOptions): Promise<ContainerSummary[]> {
  const { root } = checkOptions('listContainers', options, ['root'])
  return openStore(root).containers.list().map(summaryOf)
}

function summaryOf(container: Container): ContainerSummary {
  const { name, imageID, manifestDigest, layer, command, exitCode, created } = container
  return { name, imageID, manifestDigest, layer, command, exitCode, created: new Date(created) }
}

/** A container of the store. */
export interface ContainerOptions extends StoreOptions {
  readonly container: string
}

/** Removes a container; what its command wrote goes with the next `prune`. Errors: `CONTAINER_NOT_FOUND`, `USAGE`. */
export async function removeContainer(options: ContainerOptions): Promise<void> {
  const { root, container } = checkOptions('removeContainer', options, ['root', 'container'])
  await removing(openStore(root), container)
}

/** How `commit` makes an image. */
export interface CommitOptions extends SourceOptions {
  /** In docker's grammar; without it the image has no name. */
  readonly name?: string
  /** Dockerfile instructions for the config: `CMD ["/bin/sh"]`. */
  readonly changes?: readonly string[]
  /** Comment of the history entry. */
  readonly message?: string
  /** Author of the image. */
  readonly author?: string
  /** Gets what a person may want to know. */
  readonly onNotice?: (message: string) => void
}

/**
 * Makes an image of a container, or of an image with another config. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`,
 * `LAYER_LIMIT`, `DOCKERFILE_SYNTAX`, `DISK_FULL`; `USAGE` for a change that is not one of the config.
 */
export async function commit(options: CommitOptions): Promise<Image> {
  checkOptions('commit', options, ['root', 'source'])
  const { root, source, name, changes = [], message, author, onNotice = () => undefined } = options
  const { commitImage } = await import('../../builder/container/commit-image.ts')
  const full = name === undefined ? undefined : fullName(name)
  const store = openStore(root)
  // To read: the image takes the lock itself, when there is what it is made of.
  const lock = await store.lockShared({ reading: true })
  try {
    const subject = findSubject(store, source)
    const base =
      subject.kind === 'container' ? subject.container : { config: subject.image.config, layer: undefined, command: [] }
    const about = { name: full, changes, message, author, now: () => new Date(), onNotice }
    return detailsOf(await commitImage(store, base, about))
  } finally {
    lock.release()
  }
}
