import { IbuildError } from '../../../shared/base/errors.ts'

export interface TagName {
  readonly repository: string
  readonly tag: string
}

/** `REPOSITORY[:TAG]` of the registry of the data folder, which has no host in its names. Errors: USAGE. */
export function parseTagName(text: string): TagName {
  const [, repository = '', tag = 'latest'] = /^([^:@]+)(?::([^:@/]+))?$/.exec(text) ?? []
  if (repository !== '') return { repository, tag }
  throw new IbuildError('USAGE', `${JSON.stringify(text)} is no tag of a repository`, {
    hint: 'Write it as REPOSITORY:TAG, without the host of the registry.',
  })
}
