import { statSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import type { OutputSpec } from '../output-types.ts'

/**
 * Refuses, before the work begins, a file where a folder lies and a folder where something else does. What can only be seen
 * by writing is found when it is written. Errors: USAGE.
 */
export function checkDestination(output: OutputSpec): void {
  if (output.type === 'daemon' || output.type === 'registry' || output.dest === '-') return
  const isFolder = statSync(output.dest, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === undefined) return
  const wantsFolder = output.type === 'local' || (output.type === 'oci' && output.folder === true)
  if (isFolder === wantsFolder) return
  const what = isFolder ? 'it is a folder' : 'it is not a folder'
  throw new IbuildError('USAGE', `cannot write ${output.dest}: ${what}`, {
    hint: isFolder ? 'Name a file in it.' : 'Name a new or an existing folder.',
  })
}
