import type { AskedCompression } from '../../builder/layers/compress/choice.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { formatReference, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { collectAnnotations, parseAnnotation } from '../cli/build/annotations.ts'
import { parseAskedCompression, parseManifestFormat } from '../cli/compression.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { declareExpectedTag, type ExpectedTagFlags, expectedTagOf } from '../cli/expected-tag.ts'
import { imageOf } from '../cli/open-store.ts'
import { checkSignFlags, declareSignFlags, signerFor } from '../cli/sign/sign-flags.ts'
import type { SignFlags } from '../cli/sign/sign-types.ts'
import { carryOutTransfer, declareTransferFlags, parallelOf, type TransferFlags } from '../cli/transfer-command.ts'
import { type Pushed, type PushSettings, pushable, pushTo } from '../transfer/push.ts'

interface Flags extends TransferFlags, ExpectedTagFlags, SignFlags {
  readonly root?: string
  readonly allTags?: boolean
  readonly compression?: string
  readonly compressionLevel?: string
  readonly format?: string
  readonly annotation?: string[]
  readonly layerIndexes: boolean
}

const help = `
Layers that the registry has are not sent and not compressed again; those that another of its
repositories has are mounted from there. An image that was pulled keeps its manifest, byte for
byte, unless --compression, --format or --annotation ask for another one. Beside an image in
OCI format the indexes of its layers are published: ibuild builds on it without its layers.

--if-match and --if-new are looked at before anything is sent, and by the registry when it sets the
tag: of several who push at once one wins, the others end with TAG_CHANGED. A registry that does not
say that it knows conditions is warned of.`

/** `ibuild push NAME`: an image of the store into a registry. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('push', 'Send an image to a registry')
    .argument('<image>', 'name of the image, which says where it goes: [host/]path[:tag]')
    .argument('[name]', 'another name to push it under')
    .option('-a, --all-tags', 'all tags that the repository has in the store')
    .option('--compression <kind>', 'of the layers: gzip, zstd or uncompressed (default: as they are known, else gzip)')
    .option('--compression-level <n>', '0 to 9 for gzip (default 6), 1 to 22 for zstd (default 3)')
    .option('--format <format>', 'media types of the manifest: oci or docker (default: as it was pulled, else oci)')
    .option('--annotation <[type:]key=value>', 'annotation of the manifest (repeat)', collect)
    .option('--no-layer-indexes', 'do not publish the layer indexes beside the image')
    .addHelpText('after', help)
  declareSignFlags(declareExpectedTag(parser))
  declareTransferFlags(parser, { quiet: 'print the name only', usual: 5 })
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const settings = settingsOf(flags)
  const expected = expectedTagOf(flags)
  checkSignFlags(flags)
  if (expected !== undefined && flags.allTags === true)
    throw new IbuildError('USAGE', '--if-match and --if-new are about one tag, and --all-tags pushes several')
  const root = dataFolder(flags.root)
  const store = openStore(root)
  const pushes = pushesOf(store, words, flags)
  return carryOutTransfer(flags, async (scope) => {
    const pushed: Pushed[] = []
    const signer = signerFor(flags, {
      root,
      client: async () => scope.client,
      onNotice: (message) => scope.emit({ type: 'notice', message }),
    })
    for (const { source, to } of pushes) {
      scope.emit({ type: 'notice', message: `pushing to ${formatReference(to)}` })
      pushed.push(
        await pushTo(store, { image: imageOf(store, source), to }, { ...scope, ...settings, expected, signer }),
      )
    }
    return { lines: pushed.map((each) => lineOf(each, flags)), result: { images: pushed } }
  })
}

function settingsOf({
  compression,
  compressionLevel,
  format,
  annotation,
  layerIndexes,
  ...flags
}: Flags): PushSettings {
  const annotations = collectAnnotations((annotation ?? []).flatMap(parseAnnotation))
  if (annotations.descriptor.size > 0)
    throw new IbuildError('USAGE', '--annotation: a push has no manifest-descriptor', {
      hint: 'Annotate the manifest.',
    })
  return {
    compression: askedCompression(compression, compressionLevel),
    format: format === undefined ? undefined : parseManifestFormat(format, '--format'),
    annotations: annotations.manifest,
    atOnce: parallelOf(flags),
    indexes: layerIndexes,
  }
}

function askedCompression(format: string | undefined, level: string | undefined): AskedCompression | undefined {
  return parseAskedCompression(format, level, { compression: '--compression', level: '--compression-level' })
}

interface Push {
  readonly source: string
  readonly to: Reference
}

/** What goes where. Errors: USAGE, REFERENCE_INVALID, IMAGE_NOT_FOUND. */
function pushesOf(store: Store, [source = '', name]: readonly string[], { allTags }: Flags): Push[] {
  const to = pushable(parseReference(name ?? source))
  if (allTags !== true) {
    imageOf(store, source)
    const full = withDefaultTag(to)
    if (name === undefined && !store.tags.list().some((tag) => tag.name === formatReference(full)))
      throw new IbuildError(
        'USAGE',
        `${JSON.stringify(source)} is the ID of an image, which does not say where it goes`,
        {
          hint: `Write ibuild push ${source} NAME.`,
        },
      )
    return [{ source, to: full }]
  }
  if (name !== undefined || to.tag !== undefined)
    throw new IbuildError('USAGE', '--all-tags takes one name without a tag')
  const prefix = `${formatReference(to)}:`
  const names = store.tags.list().filter((tag) => tag.name.startsWith(prefix) && !tag.name.includes('@'))
  if (names.length === 0) throw new IbuildError('IMAGE_NOT_FOUND', `no image ${formatReference(to)} in ${store.root}`)
  return names.map((tag) => ({ source: tag.name, to: parseReference(tag.name) }))
}

/** As docker tells it. */
function lineOf({ name, tag, digest, size }: Pushed, { quiet }: Flags): string {
  return quiet === true ? name : `${tag}: digest: ${digest} size: ${size}`
}
