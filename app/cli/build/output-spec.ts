import type { OutputSpec } from '../../../builder/build-types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { suggest } from '../../../shared/base/suggest.ts'
import { splitPair } from './pairs.ts'

/** `type=oci,dest=PATH`; a path alone means type=local, `-` alone type=tar, as in docker. */
export function parseOutput(text: string): OutputSpec {
  if (!text.includes('=')) return { type: text === '-' ? 'tar' : 'local', dest: text }
  const fields = new Map(text.split(',').map((part) => splitPair(part, '')))
  const type = fields.get('type')
  if (type !== 'oci' && type !== 'docker' && type !== 'local' && type !== 'tar') {
    const hint = 'Use type=oci, docker, local or tar.'
    throw new IbuildError('USAGE', `--output: type ${JSON.stringify(type ?? '')} is not supported`, { hint })
  }
  const dest = fields.get('dest') ?? (type === 'local' ? undefined : '-')
  const unknown = [...fields.keys()].find((key) => key !== 'type' && key !== 'dest')
  if (unknown !== undefined) {
    const similar = suggest(unknown, ['type', 'dest'])
    const hint = similar === undefined ? 'Use type and dest.' : `Did you mean ${similar}?`
    throw new IbuildError('USAGE', `--output: unknown key ${JSON.stringify(unknown)}`, { hint })
  }
  if (dest === undefined || dest === '' || (dest === '-' && type === 'local')) {
    throw new IbuildError('USAGE', `--output: type=${type} needs dest=PATH`)
  }
  return { type, dest }
}
