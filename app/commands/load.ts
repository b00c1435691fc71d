import type { SkippedImage } from '../../builder/export/archived-image.ts'
import { type LoadedImage, type LoadOptions, loadImages } from '../../builder/export/load.ts'
import type { Store } from '../../builder/store/types.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { maxLayersHelp, parseMaxLayers } from '../cli/build/layer-flags.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { namingArchive } from '../cli/naming-archive.ts'
import { storeOf } from '../cli/open-store.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly input?: string
  readonly tag?: string
  readonly quiet?: boolean
  readonly maxLayers?: string
}

/** `ibuild load`: images of a docker archive, an OCI archive or an OCI layout folder. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('load', 'Read images from an archive or an OCI layout')
    .argument('[source]', 'archive (tar, possibly compressed), layout folder, or - for stdin')
    .option('-i, --input <source>', 'the same as the argument')
    .option('-t, --tag <name>', 'give the image this name (an archive with one image)')
    .option('--max-layers <count>', maxLayersHelp)
    .option('-q, --quiet', 'print IDs only, and nothing about what is skipped')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const source = flags.input ?? words[0] ?? '-'
  if (words.length + (flags.input === undefined ? 0 : 1) > 1)
    throw new IbuildError('USAGE', 'ibuild load takes one source')
  const maxLayers = flags.maxLayers === undefined ? undefined : parseMaxLayers(flags.maxLayers)
  if (source === '-' && process.stdin.isTTY)
    throw new IbuildError('USAGE', 'an archive is not read from a terminal', {
      hint: 'Name an archive or a layout folder.',
    })
  const store = storeOf(flags)
  const loaded = await load(store, source, {
    maxLayers,
    name: flags.tag === undefined ? undefined : fullName(flags.tag),
    onSkip: flags.quiet === true ? () => undefined : tellSkipped,
    onWarning: (warning) => process.stderr.write(`warning: ${sanitize(warning)}\n`),
  })
  for (const { image, names } of loaded) {
    const given = names.map(shortName).join(', ') || '<no name>'
    process.stdout.write(flags.quiet === true ? `${image.imageID}\n` : `loaded ${given} ${image.imageID}\n`)
  }
  return 0
}

async function load(store: Store, source: string, options: LoadOptions): Promise<LoadedImage[]> {
  const interrupt = onInterrupt()
  try {
    const { signal } = interrupt
    const from = source === '-' ? process.stdin : source
    return await cancellable(signal, async () => loadImages(store, from, { ...options, signal }))
  } catch (error) {
    throw namingArchive(error, source)
  } finally {
    interrupt.release()
  }
}

function tellSkipped({ digest, platform }: SkippedImage): void {
  const why = platform === undefined ? 'it is no image' : `it is for ${sanitize(platform)}`
  process.stderr.write(`skipped ${digest}: ${why}\n`)
}
