import { shortName } from '../../shared/base/reference.ts'
import type { Store } from './types.ts'

/** What images can be called, to guess at a misspelt name: with `latest` also without it. */
export function imageNames({ images }: Pick<Store, 'images'>): string[] {
  const names = images.list().flatMap((image) => image.names.map(shortName))
  return [...names, ...names.map((name) => name.replace(/:latest$/, ''))]
}
