import { IbuildError } from '../../shared/base/errors.ts'
import { expandWord } from '../dockerfile/expand.ts'
import type { Dockerfile, Stage } from '../dockerfile/types.ts'

/** The stage or image after a FROM; `variables` are the ARGs before the first one. DOCKERFILE_EXPANSION also when it is blank. */
export function baseName(
  { escape }: Dockerfile,
  { base, location }: Stage,
  variables: ReadonlyMap<string, string>,
): string {
  const name = expandWord(base, { variables, escape, location })
  if (name !== '') return name
  throw new IbuildError('DOCKERFILE_EXPANSION', `base name (${base}) should not be blank`, {
    location,
    hint: 'Give the ARG before the first FROM a default, or pass --build-arg.',
  })
}
