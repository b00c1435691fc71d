import { analyzeLayers } from '../../builder/analyze/analyze-layers.ts'
import { layerTree } from '../../builder/analyze/layer-tree.ts'
import type { LayerReport, LayerSource } from '../../builder/analyze/types.ts'
import { baseOf, layersOfBuild, layersOfImage, sharedLayers } from '../../builder/analyze-image.ts'
import type { BuildResult } from '../../builder/build-types.ts'
import { tellManyRecords } from '../../builder/layers/many-records.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { shortName } from '../../shared/base/reference.ts'
import { type Analysis, checkWaste } from '../analyze/analysis.ts'
import { type AnalyzeFlags, type AnalyzeOptions, analyzeOptions, declareAnalyzeFlags } from '../analyze/flags.ts'
import { imageData, layerData, reportData } from '../analyze/report-data.ts'
import { reportText } from '../analyze/report-text.ts'
import { mostEntries, mostLines, treeData, treeLines } from '../analyze/tree-text.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { explainFormat, withExplainValue } from '../cli/build/cache-flags.ts'
import { withSquashValue } from '../cli/build/layer-flags.ts'
import { type BuildFlags, buildParser } from '../cli/build-flags.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { dataText, type OutputFormat } from '../cli/output-format.ts'
import { writeLines } from '../cli/write-lines.ts'
import { carryOut } from './build.ts'

/** `ibuild analyze IMAGE`, `ibuild analyze --build ... PATH`: what the layers waste. Errors: WASTE_LIMIT. */
export async function run(argv: readonly string[]): Promise<number> {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const words = argv.filter((word, i) => word !== '--build' || i > end)
  return words.length === argv.length ? analyzeImage(argv) : buildAndAnalyze(words)
}

async function analyzeImage(argv: readonly string[]): Promise<number> {
  const parser = createParser('analyze', 'Show what the layers of an image waste, and what to write instead')
    .usage('[options] IMAGE\n       ibuild analyze --build [options of ibuild build] PATH')
    .argument('<image>')
    .option('--build', 'build first, and show the lines of the Dockerfile (--build --help shows all options)')
    .option(
      '--base <image>',
      'the image that it starts from: its layers are told apart, and do not count for --fail-waste',
    )
  const { words, options: flags } = parseArguments<AnalyzeFlags>(declareAnalyzeFlags(parser), argv)
  const [query, ...extra] = words
  if (query === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild analyze takes one image')
  const options = analyzeOptions(flags)
  const store = storeOf(flags)
  const lock = await store.lockShared({ reading: true })
  try {
    const image = imageOf(store, query)
    const layers = layersOfImage(store, image, flags.base === undefined ? 0 : baseLayers(store, image, flags.base))
    return await show({ image, name: query, base: flags.base, layers }, options)
  } finally {
    lock.release()
  }
}

/** Errors: USAGE when the image does not start from the base. */
function baseLayers(store: Store, image: StoredImage, name: string): number {
  const base = imageOf(store, name)
  const shared = sharedLayers(image, base)
  if (shared > 0 || base.config.rootfs.diff_ids.length === 0) return shared
  throw new IbuildError('USAGE', `--base: the image does not start with the layers of ${JSON.stringify(name)}`, {
    hint: 'See ibuild history for both; a squashed image has no base any more.',
  })
}

async function buildAndAnalyze(argv: readonly string[]): Promise<number> {
  const parser = declareAnalyzeFlags(buildParser().name('ibuild analyze --build')).description(
    'Build an image and show what its layers waste',
  )
  const { words, options: flags } = parseArguments<BuildFlags & AnalyzeFlags>(
    parser,
    withExplainValue(withSquashValue(argv)),
  )
  const [context, ...extra] = words
  if (context === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild analyze --build takes one context')
  if (explainFormat(flags) === 'json') throw new IbuildError('USAGE', '--explain=json and --build print to stdout both')
  const options = analyzeOptions(flags)
  const store = storeOf(flags)
  // Layers that were merged away are kept by nothing else until they are looked at.
  const lock = await store.lockShared()
  try {
    let built: BuildResult | undefined
    const code = await carryOut(context, flags, (result) => (built = result))
    if (built === undefined || code !== 0) return code
    return await showBuild(store, built, options)
  } finally {
    lock.release()
  }
}

async function showBuild(store: Store, built: BuildResult, options: AnalyzeOptions): Promise<number> {
  const base = baseOf(store, built.baseLayers)
  const source = {
    image: imageOf(store, built.manifestDigest),
    name: built.tags[0],
    base: base?.names.map(shortName)[0] ?? base?.imageID,
    layers: layersOfBuild(store, built),
  }
  return show(source, { ...options, toStderr: built.wroteToStdout })
}

type Source = Omit<Analysis, 'report'> & { readonly layers: readonly LayerSource[] }

async function show(
  { layers, ...subject }: Source,
  options: AnalyzeOptions & { readonly toStderr?: boolean },
): Promise<number> {
  const { layer, tree, format } = options
  if (layer !== undefined && layer > layers.length) {
    throw new IbuildError('USAGE', `--layer: there is no layer ${layer}, the image has ${layers.length}`)
  }
  tellManyRecords()
  const analysis: Analysis = { ...subject, report: analyzeLayers(layers) }
  const chosen = analysis.report.layers[(layer ?? 0) - 1]
  const text =
    tree === undefined || chosen === undefined
      ? [format === 'table' ? reportText(analysis, layer) : await dataText(reportData(analysis, layer), format)]
      : await treeText(analysis, chosen, { format, depth: tree.depth })
  if (options.toStderr === true) for (const piece of text) process.stderr.write(piece)
  else await writeLines(text)
  checkWaste(analysis, options.failWaste)
  return 0
}

async function treeText(
  analysis: Analysis,
  chosen: LayerReport,
  { depth, format }: { readonly depth: number; readonly format: OutputFormat },
): Promise<Iterable<string>> {
  const indexes = analysis.report.layers.map(({ source }) => source.index)
  const tree = layerTree(indexes, {
    layer: chosen.number - 1,
    depth,
    most: format === 'table' ? mostLines : mostEntries,
  })
  if (format === 'table') return treeLines(chosen, tree)
  return [await dataText({ image: imageData(analysis), layer: layerData(chosen), tree: treeData(tree) }, format)]
}
