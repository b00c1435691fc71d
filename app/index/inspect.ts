import type { RemoteManifest } from '../../registry/client/types.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { parseJson } from '../../shared/base/json.ts'
import { parseReference, type Reference } from '../../shared/base/reference.ts'
import { isAttestation } from '../../shared/oci/choose-platform.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { parseIndex, parseManifest } from '../../shared/oci/manifest.ts'
import { isIndexType } from '../../shared/oci/media-types.ts'
import { formatPlatform } from '../../shared/oci/platform.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { jsonText } from '../cli/json-text.ts'
import { declareRegistryFlags, openRegistryClient, type RegistryFlags } from '../cli/registry-client.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatTable } from '../cli/table.ts'
import { sanitize } from '../progress/sanitize.ts'
import { notInRegistry } from '../transfer/not-in-registry.ts'
import { placeOf } from '../transfer/remote-place.ts'

interface Flags extends RegistryFlags {
  readonly json?: boolean
  readonly raw?: boolean
}

/** `ibuild index inspect`: what an index, or a manifest, names. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('index inspect', 'Show what an index, or a manifest, names')
    .argument('<name>', 'name in a registry: [host/]path[:tag][@digest]')
    .option('--json', 'print it as JSON, with its digest')
    .option('--raw', 'print the bytes as they are')
  declareRegistryFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const manifest = await fetchManifest(parseReference(words[0] ?? ''), flags)
  if (flags.raw === true) process.stdout.write(manifest.bytes)
  else process.stdout.write(flags.json === true ? jsonOf(manifest) : textOf(manifest))
  return 0
}

async function fetchManifest(reference: Reference, flags: RegistryFlags): Promise<RemoteManifest> {
  const interrupt = onInterrupt()
  const client = await openRegistryClient(flags)
  try {
    const { signal } = interrupt
    return await cancellable(signal, async () => {
      const { repository, ref } = placeOf(client, reference)
      const manifest = await repository.manifest(ref, { signal })
      if (manifest === undefined) throw await notInRegistry(client, reference, signal)
      return manifest
    })
  } finally {
    interrupt.release()
    await client.close()
  }
}

function jsonOf({ mediaType, digest, bytes }: RemoteManifest): string {
  return jsonText({ mediaType, digest, size: bytes.byteLength, document: parseJson(bytes, { what: 'manifest' }) })
}

function textOf({ mediaType, digest, bytes }: RemoteManifest): string {
  const head = [`Digest: ${digest}`, `Type:   ${sanitize(mediaType)}`]
  const document = parseJson(bytes, { what: 'manifest' })
  const rows = isIndexType(mediaType)
    ? parseIndex(document).manifests.map(childRow)
    : imageRows(parseManifest(document))
  const columns = isIndexType(mediaType) ? ['PLATFORM', 'DIGEST', 'SIZE', 'TYPE'] : ['PART', 'DIGEST', 'SIZE', 'TYPE']
  return `${head.join('\n')}\n\n${formatTable([columns, ...rows])}`
}

function childRow(descriptor: Descriptor): string[] {
  const { platform } = descriptor
  const name = isAttestation(descriptor) ? 'attestation' : platform === undefined ? '-' : formatPlatform(platform)
  return [sanitize(name), ...describe(descriptor)]
}

function imageRows({ config, layers }: ReturnType<typeof parseManifest>): string[][] {
  return [['config', ...describe(config)], ...layers.map((layer, i) => [`layer ${i + 1}`, ...describe(layer)])]
}

function describe({ digest, size, mediaType }: Descriptor): string[] {
  return [digest, formatSize(size), mediaType]
}
