import type { ItemKind } from '../../../retention/facts.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { itemText } from './item-text.ts'

/** Of an item its name says it all; hashes are told by `--json`. */
const passedOver = new Set(['kind', 'repository', 'name', 'digest', 'fingerprint', 'hash', 'rule'])

/** What a line of the audit log is about, for people. */
export function aboutText(about: JsonValue): string {
  if (!isObject(about)) return sanitize(JSON.stringify(about))
  const others = Object.entries(about).filter(
    ([key, value]) => !passedOver.has(key) && value !== null && value !== false && value !== 0,
  )
  const words = others.map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [...itemOf(about), ...words.map(sanitize)].join(', ')
}

function itemOf({ kind, repository, name }: JsonObject): readonly string[] {
  const isItem = isKind(kind) && typeof repository === 'string' && typeof name === 'string'
  return isItem ? [itemText({ kind, repository, name }, { trunc: true })] : []
}

function isKind(value: JsonValue | undefined): value is ItemKind {
  return value === 'tag' || value === 'untagged' || value === 'volume' || value === 'cache'
}
