import { cpSync } from 'node:fs'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { onePiece } from '../../../shared/base/one-piece.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { createService } from '../../service/create-service.ts'
import {
  type Artifact,
  imageOf,
  indexOf,
  named,
  pushArtifact,
  pushBlob,
  subjectOf,
} from '../../service/testing/images.ts'
import type { RegistryService } from '../../service/types.ts'
import { openFileDriver } from '../../storage/file-driver.ts'
import { gcStateRow } from '../../storage/gc-rows.ts'
import { blobPlace, type RegistryLayout, registryLayout } from '../../storage/layout.ts'
import { openLevelMetadata } from '../../storage/level-metadata.ts'
import type { FolderOptions } from '../check-folder.ts'
import { checkFolder } from '../check-folder.ts'
import type { Finding, FsckSummary } from '../types.ts'

/** What is in a store for tests. */
export const app: Artifact = imageOf('app')
export const base: Artifact = imageOf('base')
export const other: Artifact = imageOf('other')
export const both: Artifact = indexOf([app, other])
export const signature: Artifact = imageOf('signature', {
  ...subjectOf(app),
  artifactType: 'application/vnd.test.signature',
  annotations: { by: 'test' },
})
export const team = named('team/app')
export const copy = named('team/copy')

export function layerOf({ blobs }: Artifact): Digest {
  return digestOf(blobs[1] ?? Buffer.alloc(0))
}

/** A registry on the disk that nobody has open. */
export interface Store {
  readonly root: string
  readonly layout: RegistryLayout
  /** Where the bytes under a digest lie. */
  readonly file: (digest: Digest) => string
  readonly rows: (work: (metadata: RowStore) => Promise<void>) => Promise<void>
  serve<T>(work: (service: RegistryService) => Promise<T>): Promise<T>
  /** Findings of a check, and its summary. */
  check(
    options?: Partial<FolderOptions>,
  ): Promise<{ readonly findings: readonly Finding[]; readonly summary: FsckSummary }>
}

/** Tags that moved and that went, an index, a referrer, a blob of two repositories, and an upload that is open. */
export async function makeStore(root: string): Promise<Store> {
  const store = storeAt(root)
  await store.serve(async (service) => {
    await pushArtifact(service, team, base, ['latest', 'old'])
    await pushArtifact(service, team, app, ['latest', 'v1'])
    await pushArtifact(service, team, other)
    await pushArtifact(service, team, both, ['multi'])
    await pushArtifact(service, team, signature)
    await service.manifests.remove(team, { tag: 'old' })
    for (const blob of base.blobs) await pushBlob(service, copy, blob)
    await service.manifests.put(copy, { tag: 'v1' }, { bytes: base.bytes, contentType: mediaTypes.ociManifest })
    const { id } = await service.uploads.start(copy)
    await service.uploads.append(copy, id, { bytes: onePiece(Buffer.from('half of it')) })
  })
  // As it is once a server has looked at all of it.
  await store.rows((rows) => rows.commit({ put: [gcStateRow({ pass: 'done' })] }))
  return store
}

/** The same again, to be damaged. */
export function copyStore({ root }: Store, to: string): Store {
  cpSync(root, to, { recursive: true })
  return storeAt(to)
}

function storeAt(root: string): Store {
  const layout = registryLayout(root)
  const open = (): Promise<RowStore> =>
    openLevelMetadata({ folder: layout.metadata, ballast: 0, durability: 'relaxed' })
  return {
    root,
    layout,
    file: (digest) => blobPlace(layout, digest).file,
    rows: async (work) => {
      const metadata = await open()
      try {
        await work(metadata)
      } finally {
        await metadata.close()
      }
    },
    serve: async (work) => {
      const driver = await openFileDriver(root, { durability: 'relaxed' })
      const service = await createService({ driver, metadata: await open() })
      try {
        return await work(service)
      } finally {
        await service.close()
      }
    },
    check: async (options = {}) => {
      const findings: Finding[] = []
      const summary = await checkFolder({ root, onFinding: (finding) => void findings.push(finding), ...options })
      return { findings, summary }
    },
  }
}
