import { isDigest } from '../../shared/base/digest.ts'
import * as logRows from '../../shared/rows/log-rows.ts'
import { formatKey } from '../../shared/rows/open-level.ts'
import type { RowKind } from '../../shared/rows/row-kind.ts'
import { isName } from '../protocol/names.ts'
import * as gcRows from '../storage/gc-rows.ts'
import * as pullRows from '../storage/pull-rows.ts'
import * as rows from '../storage/rows.ts'

type AnyKind = Pick<RowKind<string[], unknown>, 'prefix' | 'parse'>

const isTag = (text: string): boolean => /^\w[\w.-]{0,127}$/.test(text)
const isMove = (text: string): boolean => /^\d{12}$/.test(text)
const isAny = (): boolean => true

/** What the parts of a key must be. */
const partsOfKinds: Readonly<Record<string, readonly ((part: string) => boolean)[]>> = {
  repository: [isName],
  manifest: [isName, isDigest],
  holder: [isDigest, isName],
  tag: [isName, isTag],
  tagged: [isName, isDigest, isTag],
  history: [isName, isTag, isMove],
  referrer: [isName, isDigest, isAny, isDigest],
  blob: [isDigest],
  link: [isName, isDigest],
  linked: [isDigest, isName],
  doomed: [isDigest],
  gone: [isName, isDigest],
  usage: [isName],
  use: [isName, (part) => part === gcRows.anyDigest || isDigest(part), isDigest],
  refers: [isName, isDigest],
  review: [(part) => /^\d{15}$/.test(part), isName, isDigest],
  loose: [isName, isDigest],
  pulled: [isName, isDigest],
}

/** Every kind of row that the files of rows export, by its name. */
const kinds: ReadonlyMap<string, AnyKind> = new Map(
  [rows, gcRows, pullRows, logRows]
    .flatMap((module) => Object.values<unknown>(module))
    .filter(isKind)
    .map((kind) => [kind.prefix().trimEnd(), kind]),
)

/** True unless the parts of the key are none that such a row can have. */
export function hasFineKey(key: string): boolean {
  const [name = '', ...parts] = key.split(' ')
  const shape = partsOfKinds[name]
  return shape === undefined || (parts.length === shape.length && shape.every((fits, i) => fits(parts[i] ?? '')))
}

/** What a row is: of which nothing is known, one that cannot be read, or one in order. */
export function stateOfRow(key: string, value: string): 'unknown' | 'damaged' | 'fine' {
  if (key === formatKey) return 'fine'
  const kind = kinds.get(key.split(' ', 1)[0] ?? '')
  if (kind === undefined) return 'unknown'
  if (!hasFineKey(key)) return 'damaged'
  try {
    kind.parse(key, value)
    return 'fine'
  } catch {
    return 'damaged'
  }
}

function isKind(one: unknown): one is AnyKind {
  return typeof one === 'object' && one !== null && 'prefix' in one && 'parse' in one
}
