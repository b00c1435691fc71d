import type { StoredImage } from '../../builder/store/types.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { jsonText } from '../cli/json-text.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

/** `ibuild inspect IMAGE...`: an array with one object for each image. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('inspect', 'Show images as JSON').arguments('<image...>')
  const { words, options } = parseArguments<{ root?: string }>(parser, argv)
  const store = storeOf(options)
  const images = words.map((word) => describe(imageOf(store, word)))
  process.stdout.write(jsonText(images))
  return 0
}

function describe({ imageID, manifestDigest, names, config, manifest }: StoredImage): object {
  return { id: imageID, digest: manifestDigest, names, config, manifest }
}
