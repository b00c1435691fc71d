import { IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

/** `ibuild tag IMAGE NAME`. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('tag', 'Give an image another name').arguments('<image> <name>')
  const { words, options } = parseArguments<{ root?: string }>(parser, argv)
  const [image, name, ...extra] = words
  if (image === undefined || name === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild tag takes IMAGE and NAME')
  const store = storeOf(options)
  await store.tags.set(fullName(name), imageOf(store, image).manifestDigest)
  return 0
}
