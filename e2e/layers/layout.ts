import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import type { MadeStack } from './stack-maker.ts'

/** Writes an OCI image layout with one image, tag `t`, of these layers. */
export function writeLayout(dir: string, layers: MadeStack['layers']): void {
  mkdirSync(join(dir, 'blobs/sha256'), { recursive: true })
  const at = (digest: Digest): string => join(dir, 'blobs/sha256', hexOf(digest))
  const { manifest, manifestDigest, config, imageID } = makeImage(layers)
  for (const layer of layers) copyFileSync(layer.file, at(layer.diffID))
  writeFileSync(at(manifestDigest), manifest)
  writeFileSync(at(imageID), config)
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const annotations = { 'org.opencontainers.image.ref.name': 't' }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const entry = { mediaType, digest: manifestDigest, size: manifest.length, annotations }
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
}
