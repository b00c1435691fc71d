import { createHash } from 'node:crypto'
import { type Digest, digestFromHash, digestOf } from '../../shared/base/digest.ts'
import type { KeyPart } from '../copy/types.ts'
import type { Limits } from '../exec/types.ts'
import type { CopyStep, RunStep, WorkdirStep } from '../plan/types.ts'
import { environmentParts, type SecretDigest } from './conceal.ts'

/** Raised when the meaning of a part or the bytes of a layer change, so that older records no longer hit. */
export const keyVersion = '2'

/** The cache key: a digest over length-framed names and values, so that no two lists of parts give the same bytes. */
export function keyOf(parts: readonly KeyPart[]): Digest {
  const hash = createHash('sha256')
  for (const { name, value } of [{ name: 'version', value: keyVersion }, ...parts]) {
    hash.update(`${Buffer.byteLength(name)}:${name}=${Buffer.byteLength(value)}:`).update(value)
  }
  return digestFromHash(hash.digest())
}

/** What a step is asked for beside its own words. */
export interface KeyScope {
  /** chainID of the layers below, 'scratch' when there are none. */
  readonly parent: string
  readonly limits: Limits
  readonly extraHosts: readonly string[]
  /** No time of the layer is later than this; nanoseconds. */
  readonly latest: bigint | undefined
  /** Stands for secrets, which are in no key. */
  readonly secretDigest: SecretDigest
}

export function runKey(step: RunStep, { parent, limits, extraHosts, latest, secretDigest }: KeyScope): KeyPart[] {
  return [
    ...epochParts(latest),
    { name: 'instruction', value: 'RUN' },
    { name: 'parent', value: parent },
    { name: 'command', value: JSON.stringify(step.args) },
    ...environmentParts(step.env, secretDigest),
    { name: 'workdir', value: step.workdir },
    { name: 'user', value: step.user },
    { name: 'network', value: step.network },
    { name: 'hostname', value: step.hostname },
    { name: 'hosts', value: JSON.stringify(extraHosts) },
    { name: 'limits', value: JSON.stringify(Object.entries(limits).sort(([a], [b]) => (a < b ? -1 : 1))) },
    ...(step.script === undefined ? [] : [{ name: 'script', value: digestOf(step.script.content) }]),
  ]
}

function epochParts(latest: bigint | undefined): KeyPart[] {
  return latest === undefined ? [] : [{ name: 'SOURCE_DATE_EPOCH', value: String(latest) }]
}

/** `selected` are the parts that the sources give: their paths, modes and content. */
export function copyKey(step: CopyStep, { parent, latest }: KeyScope, selected: readonly KeyPart[]): KeyPart[] {
  return [
    ...epochParts(latest),
    { name: 'instruction', value: step.instruction },
    { name: 'parent', value: parent },
    { name: 'destination', value: step.destination },
    { name: 'workdir', value: step.workdir },
    { name: 'chown', value: step.chown ?? '' },
    { name: 'chmod', value: step.chmod ?? '' },
    { name: 'unpack', value: String(step.unpack ?? '') },
    ...selected,
  ]
}

export function workdirKey(step: WorkdirStep, { parent, latest }: KeyScope): KeyPart[] {
  return [
    ...epochParts(latest),
    { name: 'instruction', value: 'WORKDIR' },
    { name: 'parent', value: parent },
    { name: 'path', value: step.workdir },
    { name: 'user', value: step.user },
  ]
}
