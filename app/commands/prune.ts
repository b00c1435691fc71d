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
  const report = await storeOf(flags).collectGarbage({ keepRecords: flags.all !== true, keepUnnamed: false })
  const { images, layers, snapshots, blobs, records, bytes } = report
  const text = `removed ${images} images, ${layers} layers, ${snapshots} snapshots, ${blobs} blobs, ${records} cache records: ${formatSize(bytes)} freed`
  process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : `${text}\n`)
  return 0
}
