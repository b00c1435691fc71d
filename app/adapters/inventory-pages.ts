import type { ItemName } from '../../retention/facts.ts'

/** Items of a page. */
const pageSize = 1000

/** For `sort`: as inventories give names. */
export function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** In the order of inventories, page by page: tags, then the others, each by name. */
export function pagesOf<Item extends ItemName>(items: readonly Item[]): readonly (readonly Item[])[] {
  const sorted = [...items].sort((a, b) => rankOf(a) - rankOf(b) || inByteOrder(a.name, b.name))
  const count = Math.ceil(sorted.length / pageSize)
  return Array.from({ length: count }, (_, i) => sorted.slice(i * pageSize, (i + 1) * pageSize))
}

function rankOf({ kind }: ItemName): number {
  return kind === 'tag' ? 0 : 1
}

/** One text for each item. */
export function keyOf({ kind, repository, name }: ItemName): string {
  return JSON.stringify([kind, repository, name])
}
