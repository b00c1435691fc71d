import { type SaveOptions, saveImages } from '../../builder/save-images.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { parseCompression } from '../cli/compression.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly output?: string
  readonly format: string
  readonly compression?: string
  readonly compressionLevel?: string
}

/** `ibuild save IMAGE...`: an archive on stdout or in a file, or a layout in a folder. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('save', 'Write images to one archive; what several of them have is written once')
    .argument('<image...>', 'name, ID or digest')
    .option('-o, --output <file>', 'file to write, for oci-dir a folder (default: -, which is stdout)')
    .option('--format <format>', 'docker (any tool can load it), oci (a layout as tar) or oci-dir', 'docker')
    .option('--compression <kind>', 'of the layers: gzip, zstd (not for docker) or uncompressed (default)')
    .option('--compression-level <n>', '0 to 9 for gzip (default 6), 1 to 22 for zstd (default 3)')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const output = outputOf(flags)
  const interrupt = onInterrupt()
  try {
    const { signal } = interrupt
    const options = { output, stdout: process.stdout, signal }
    await cancellable(signal, async () => saveImages(storeOf(flags), words, options))
    return 0
  } finally {
    interrupt.release()
  }
}

function outputOf(flags: Flags): SaveOptions['output'] {
  const { format, output: dest = '-' } = flags
  const called = { compression: '--compression', level: '--compression-level' }
  const compression = parseCompression(flags.compression, flags.compressionLevel, called)
  const common = { dest, ...(compression !== undefined && { compression }) }
  if (format === 'oci-dir') {
    if (dest !== '-') return { type: 'oci', folder: true, ...common }
    throw new IbuildError('USAGE', '--format oci-dir needs a folder', { hint: 'Give -o FOLDER.' })
  }
  if (format !== 'docker' && format !== 'oci') {
    throw new IbuildError('USAGE', `--format: ${JSON.stringify(format)} is not docker, oci or oci-dir`)
  }
  if (dest === '-' && process.stdout.isTTY) {
    throw new IbuildError('USAGE', 'an archive is not written to a terminal', {
      hint: 'Give -o FILE, or redirect stdout.',
    })
  }
  return { type: format, ...common }
}
