import { isObject, type JsonObject, type JsonValue, stringifySorted } from '../../shared/base/json.ts'
import { policyData } from './policy-data.ts'
import type { Policy } from './types.ts'

/** What one policy has otherwise than another. Of lists, an element that came or went. */
export interface PolicyChange {
  /** `limits.maxTags`; rule sets are named by their ID: `policies[ci].tags.keep`. */
  readonly path: string
  /** Undefined for what is new. */
  readonly before: JsonValue | undefined
  /** Undefined for what is no more. */
  readonly after: JsonValue | undefined
}

/** The difference of two policies, in the order of the document; empty when they mean the same. */
export function policyChanges(before: Policy, after: Policy): readonly PolicyChange[] {
  return changesAt('', policyData(before), policyData(after))
}

function changesAt(path: string, before: JsonValue | undefined, after: JsonValue | undefined): PolicyChange[] {
  if (before !== undefined && after !== undefined) {
    if (same(before, after)) return []
    if (isObject(before) && isObject(after)) return changesInMap(path, before, after)
    if (isList(before) && isList(after)) return changesInList(path, before, after)
  }
  return [{ path, before, after }]
}

function same(a: JsonValue, b: JsonValue): boolean {
  return stringifySorted(a) === stringifySorted(b)
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function changesInMap(path: string, before: JsonObject, after: JsonObject): PolicyChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) =>
    changesAt(path === '' ? name : `${path}.${name}`, memberOf(before, name), memberOf(after, name)),
  )
}

function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function changesInList(path: string, before: readonly JsonValue[], after: readonly JsonValue[]): PolicyChange[] {
  const [sets, newSets] = [byID(before), byID(after)]
  const changes =
    sets !== undefined && newSets !== undefined
      ? [...new Set([...sets.keys(), ...newSets.keys()])].flatMap((id) =>
          changesAt(`${path}[${id}]`, sets.get(id), newSets.get(id)),
        )
      : [
          ...without(before, after).map((gone) => ({ path, before: gone, after: undefined })),
          ...without(after, before).map((added) => ({ path, before: undefined, after: added })),
        ]
  return changes.length > 0 ? changes : [{ path, before, after }]
}

function byID(list: readonly JsonValue[]): ReadonlyMap<string, JsonValue> | undefined {
  const ids = list.map((one) => (isObject(one) && typeof one['id'] === 'string' ? one['id'] : undefined))
  const known = ids.filter((id) => id !== undefined)
  return known.length === list.length ? new Map(known.map((id, i) => [id, list[i] ?? null])) : undefined
}

/** Those of a list that another lacks; what it has twice and the other once is lacking once. */
function without(list: readonly JsonValue[], others: readonly JsonValue[]): readonly JsonValue[] {
  const left = Map.groupBy(others.map(stringifySorted), (text) => text)
  return list.filter((one) => left.get(stringifySorted(one))?.pop() === undefined)
}
