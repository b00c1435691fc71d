import { createHash } from 'node:crypto'
import { archiveOf, rawMember } from '../../builder/layers/tar/testing/raw.ts'

/** Parts of a docker archive; each can be replaced by something hostile. */
export interface ArchiveParts {
  readonly config?: unknown
  readonly manifest?: unknown
  readonly layer?: Buffer
  /** Members after the layer, as they stand. */
  readonly more?: readonly Buffer[]
  /** Leaves the file of the layer or the config out. */
  readonly without?: 'layer' | 'config'
}

const goodLayer: Buffer = archiveOf(
  rawMember({ name: 'file', mtime: 1 }, 'content'),
  rawMember({ name: 'dir/', type: '5' }),
)

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function goodConfig(layer: Buffer = goodLayer): Record<string, unknown> {
  return {
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
    history: [{ created: '2020-01-01T00:00:00Z', created_by: 'test' }],
  }
}

export const goodManifest = [{ Config: 'config.json', RepoTags: ['loaded:1'], Layers: ['layer.tar'] }]

/** A docker archive (manifest.json, config.json, layer.tar) with some parts replaced. */
export function dockerArchive({
  config,
  manifest = goodManifest,
  layer = goodLayer,
  more = [],
  without,
}: ArchiveParts = {}): Buffer {
  return archiveOf(
    ...(without === 'config' ? [] : [document('config.json', config ?? goodConfig(layer))]),
    ...(without === 'layer' ? [] : [rawMember({ name: 'layer.tar' }, layer)]),
    ...more,
    document('manifest.json', manifest),
  )
}

/** Parts of an OCI layout; `change` gets the documents before they are written. */
export interface LayoutChange {
  readonly config?: unknown
  readonly manifest?: (manifest: Record<string, unknown>) => unknown
  readonly index?: (index: Record<string, unknown>) => unknown
  readonly layer?: Buffer
}

const types = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
}

/** An OCI layout as a tar with some documents changed; digests of changed documents fit. */
export function layoutArchive({ config, manifest, index, layer = goodLayer }: LayoutChange = {}): Buffer {
  const configBytes = Buffer.from(JSON.stringify(config ?? goodConfig(layer)))
  const plain = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256(configBytes), size: configBytes.length },
    layers: [{ mediaType: types.layer, digest: sha256(layer), size: layer.length }],
  }
  const manifestBytes = Buffer.from(JSON.stringify(manifest === undefined ? plain : manifest(plain)))
  const annotations = { 'org.opencontainers.image.ref.name': 'loaded:1' }
  const descriptor = {
    mediaType: types.manifest,
    digest: sha256(manifestBytes),
    size: manifestBytes.length,
    annotations,
  }
  const plainIndex = { schemaVersion: 2, manifests: [descriptor] }
  return archiveOf(
    document('oci-layout', { imageLayoutVersion: '1.0.0' }),
    ...[configBytes, manifestBytes, layer].map(blob),
    document('index.json', index === undefined ? plainIndex : index(plainIndex)),
  )
}

function blob(bytes: Buffer): Buffer {
  return rawMember({ name: `blobs/${sha256(bytes).replace(':', '/')}` }, bytes)
}

export function document(name: string, value: unknown): Buffer {
  return rawMember({ name }, typeof value === 'string' ? value : JSON.stringify(value))
}
