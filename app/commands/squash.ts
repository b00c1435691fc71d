import { squashImage } from '../../builder/squash-image.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly fromLayer?: string
  readonly tag?: string
}

/** `ibuild squash IMAGE`: prints the ID of the image with merged layers. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('squash', 'Merge the layers of an image to one')
    .argument('<image>')
    .option('--from-layer <number>', 'the first layer to merge, counted from 1 at the base (default: 1)')
    .option('-t, --tag <name>', 'name of the new image')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [text, ...extra] = words
  if (text === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild squash takes one image')
  const name = flags.tag === undefined ? {} : { name: fullName(flags.tag) }
  const from = flags.fromLayer === undefined ? {} : { fromLayer: parseLayerNumber(flags.fromLayer) }
  const store = storeOf(flags)
  const interrupt = onInterrupt()
  const { signal } = interrupt
  try {
    const image = await cancellable(signal, () =>
      squashImage(store, imageOf(store, text), { ...name, ...from, signal }),
    )
    process.stdout.write(`${image.imageID}\n`)
    return 0
  } finally {
    interrupt.release()
  }
}

function parseLayerNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `--from-layer: ${JSON.stringify(text)} is not the number of a layer`, {
    hint: 'Layers are counted from 1 at the base.',
  })
}
