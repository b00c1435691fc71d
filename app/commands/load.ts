import { loadImages } from '../../builder/export/load.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { maxLayersHelp, parseMaxLayers } from '../cli/build/layer-flags.ts'
import { storeOf } from '../cli/open-store.ts'

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
    .option('-q, --quiet', 'print IDs only')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const source = flags.input ?? words[0] ?? '-'
  if (words.length + (flags.input === undefined ? 0 : 1) > 1)
    throw new IbuildError('USAGE', 'ibuild load takes one source')
  const maxLayers = flags.maxLayers === undefined ? undefined : parseMaxLayers(flags.maxLayers)
  const store = storeOf(flags)
  const loaded = await loadImages(store, source === '-' ? process.stdin : source, { maxLayers })
  if (flags.tag !== undefined) {
    const [only, ...others] = loaded
    if (only === undefined || others.length > 0)
      throw new IbuildError('USAGE', `--tag needs an archive with one image, this one has ${loaded.length}`)
    await store.tags.set(fullName(flags.tag), only.image.manifestDigest)
  }
  for (const { image, names } of loaded) {
    const given = flags.tag === undefined ? names.map(shortName) : [flags.tag]
    process.stdout.write(
      flags.quiet === true ? `${image.imageID}\n` : `loaded ${given.join(', ') || '<no name>'} ${image.imageID}\n`,
    )
  }
  return 0
}
