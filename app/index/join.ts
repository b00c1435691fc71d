import { createTransfers } from '../../builder/transfer/transfers.ts'
import { joinIndex, type NamedPlace } from '../../registry/client/images/join-index.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import {
  familiarName,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../shared/base/reference.ts'
import { formatPlatform } from '../../shared/oci/platform.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { parseManifestFormat } from '../cli/compression.ts'
import { carryOutTransfer, declareTransferFlags, parallelOf, type TransferFlags } from '../cli/transfer-command.ts'
import { sanitize } from '../progress/sanitize.ts'
import { notInRegistry } from '../transfer/not-in-registry.ts'
import { placeOf } from '../transfer/remote-place.ts'

interface Flags extends TransferFlags {
  readonly annotation?: string[]
  readonly format?: string
  readonly layerIndexes?: boolean
}

interface JoinCommand {
  readonly name: 'create' | 'add'
  readonly summary: string
}

/** `ibuild index create` and `add`: the same but for what the index has before. */
export async function join({ name, summary }: JoinCommand, argv: readonly string[]): Promise<number> {
  const parser = createParser(`index ${name}`, summary)
    .argument('<name>', 'name of the index: [host/]path[:tag]')
    .argument('<image...>', 'images or indexes of registries; from other repositories they are copied')
    .option('--annotation <key=value>', 'annotation of the index (repeat)', collect)
    .option('--format <format>', 'media type of the index: oci or docker (default: as it is, else oci)')
    .option('--no-layer-indexes', 'leave the published layer indexes of what is copied behind')
  declareTransferFlags(parser, { quiet: 'print the digest only', usual: 4 })
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [to, ...sources] = words.map((word) => withDefaultTag(parseReference(word)))
  if (to === undefined || to.digest !== undefined)
    throw new IbuildError('USAGE', 'an index is named by a tag', { hint: 'Leave the digest away.' })
  const options = {
    annotations: new Map((flags.annotation ?? []).map(pairOf)),
    format: flags.format === undefined ? undefined : parseManifestFormat(flags.format, '--format'),
    layerIndexes: flags.layerIndexes,
    atOnce: parallelOf(flags),
    add: name === 'add',
  }
  return carryOutTransfer(flags, async ({ client, signal, emit }) => {
    const named = (reference: Reference): NamedPlace => ({
      ...placeOf(client, reference),
      name: familiarName(reference),
      missing: async () => notInRegistry(client, reference, signal),
    })
    const listener = createTransfers(emit)
    const onWarning = (warning: string): void => emit({ type: 'notice', message: `warning: ${warning}` })
    const scope = { ...options, listener, onWarning, signal }
    const { manifest, index, replaced } = await joinIndex(named(to), sources.map(named), scope)
    for (const { platform, digest } of replaced) {
      const of = platform === undefined ? '' : `${sanitize(formatPlatform(platform))}: `
      emit({ type: 'notice', message: `${of}replaced ${digest}` })
    }
    const full = formatReference(to)
    const lines = flags.quiet === true ? [manifest.digest] : [`Digest: ${manifest.digest}`, full]
    return { lines, result: { name: full, digest: manifest.digest, manifests: index.manifests } }
  })
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new IbuildError('USAGE', `--annotation: ${JSON.stringify(text)} is not KEY=VALUE`)
}
