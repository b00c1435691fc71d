import { createParser, parseArguments } from '../cli/arguments.ts'
import { storeOf } from '../cli/open-store.ts'
import { formatSize } from '../cli/sizes.ts'

interface Flags {
  readonly root?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** `ibuild prune`: images without a name, and layers, snapshots and blobs that nothing reaches; with --all the build cache too. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser(
    'prune',
    'Remove what nothing needs: images without a name, layers that no image and no cache record has',
  )
    .option('-a, --all', 'remove the build cache too')
    .option('--json', 'print the report as JSON')
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const store = storeOf(flags)
  const unnamed = store.images.list().filter(({ names }) => names.length === 0)
  for (const { manifestDigest } of unnamed) await store.images.remove(manifestDigest)
  const report = await store.collectGarbage({ keepRecords: flags.all !== true })
  const full = { images: unnamed.length, ...report }
  const text = `removed ${full.images} images, ${full.layers} layers, ${full.snapshots} snapshots, ${full.blobs} blobs, ${full.records} cache records: ${formatSize(full.bytes)} freed`
  process.stdout.write(flags.json === true ? `${JSON.stringify(full)}\n` : `${text}\n`)
  return 0
}
