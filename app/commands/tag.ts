import { IbuildError } from '../../shared/base/errors.ts'
import { formatReference, parseReference, withDefaultTag } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

/** `ibuild tag IMAGE NAME`. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('tag', 'Give an image another name').arguments('<image> <name>')
  const { words, options } = parseArguments<{ root?: string }>(parser, argv)
  const [image = '', name = ''] = words // the parser sees to it that there are two
  const full = newName(name)
  const store = storeOf(options)
  await store.tags.set(full, imageOf(store, image).manifestDigest)
  return 0
}

/** A name with a digest would promise a content that the image need not have. */
function newName(text: string): string {
  const reference = parseReference(text)
  if (reference.digest === undefined) return formatReference(withDefaultTag(reference))
  throw new IbuildError('REFERENCE_INVALID', `a new name cannot have a digest: ${JSON.stringify(text.slice(0, 300))}`, {
    hint: 'Leave out the @ and what follows.',
  })
}
