import { IbuildError } from '../../../shared/base/errors.ts'

/** `K=V`, or `K` alone with `missing` as its value. Errors: USAGE when there is no key. */
export function splitPair<Missing>(text: string, missing: Missing): [string, string | Missing] {
  const at = text.indexOf('=')
  const key = at < 0 ? text : text.slice(0, at)
  if (key.trim() === '')
    throw new IbuildError('USAGE', `${JSON.stringify(text)} has no key`, { hint: 'Write KEY=VALUE.' })
  return [key, at < 0 ? missing : text.slice(at + 1)]
}
