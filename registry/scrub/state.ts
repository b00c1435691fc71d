import { isIbuildError } from '../../shared/base/errors.ts'
import {
  asInteger,
  asObject,
  asString,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  parseJson,
  required,
} from '../../shared/base/json.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import type { ScrubPass, ScrubStatus } from './types.ts'

/** What is kept over restarts, as `setting scrub`. */
export interface ScrubState {
  /** `after` is the key of the last row that was looked at. */
  readonly pass?: ScrubPass & { readonly after: string }
  readonly last?: NonNullable<ScrubStatus['last']>
}

/** What cannot be read counts as nothing: then a pass begins anew. */
export function parseState(value: string | undefined): ScrubState {
  if (value === undefined) return {}
  try {
    return readState(parseJson(value, { what: 'setting scrub' }))
  } catch (error) {
    if (isIbuildError(error)) return {}
    throw error
  }
}

function readState(value: JsonValue): ScrubState {
  const place: JsonPlace = { code: 'STORE_INVALID', path: 'setting scrub' }
  const object = asObject(value, place)
  return definedMembers({
    pass: optional(object, 'pass', place, (each, at) => ({
      ...readPass(each, at),
      after: required(asObject(each, at), 'after', at, asString),
    })),
    last: optional(object, 'last', place, (each, at) => ({
      ...readPass(each, at),
      endedAt: required(asObject(each, at), 'endedAt', at, asInteger),
    })),
  })
}

function readPass(value: JsonValue, place: JsonPlace): ScrubPass {
  const object = asObject(value, place)
  const count = (key: string): number => required(object, key, place, asInteger)
  return {
    startedAt: count('startedAt'),
    blobs: count('blobs'),
    bytes: count('bytes'),
    corrupt: count('corrupt'),
    missing: count('missing'),
  }
}

/** As {@link parseState} reads it. */
export function stateJson({ pass, last }: ScrubState): JsonObject {
  return { ...(pass !== undefined && { pass: { ...pass } }), ...(last !== undefined && { last: { ...last } }) }
}
