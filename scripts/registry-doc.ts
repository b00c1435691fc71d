// `npm run docs:registry`: tables of the pages of servers from the schemas of their configuration, distribution's, and what else has one.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aloneSchema } from '../notary/server/config/schema.ts'
import { findingCodes } from '../registry/fsck/finding-codes.ts'
import { adminRoutes } from '../registry/server/admin/routes.ts'
import { distributionKeys, type Fate } from '../registry/server/config/distribution-keys.ts'
import { keys } from '../registry/server/config/schema.ts'
import { besideSchema, aloneSchema as retentionSchema } from '../retention/server/config/schema.ts'
import type { NamedKey } from '../shared/config/schema.ts'
import { repository } from './repository.ts'

/** Each page that has tables, and which. */
export const registryPages: Readonly<Record<string, readonly TableName[]>> = {
  'docs/registry-keys.md': ['keys', 'distribution'],
  'docs/operate.md': ['admin', 'fsck'],
  'docs/notary-keys.md': ['notary'],
  'docs/gc-keys.md': ['retention', 'retention-alone'],
}

type TableName = 'keys' | 'notary' | 'retention' | 'retention-alone' | 'admin' | 'fsck' | 'distribution'

export function readPage(path: string): string {
  return readFileSync(join(repository, path), 'utf8')
}

/** A page with its tables written anew. */
export function withTables(page: string, names: readonly TableName[]): string {
  const all = tables()
  return names.reduce((text, name) => {
    const pattern = new RegExp(`(?<=<!-- ${name} -->\n)[^]*?(?=<!-- /${name} -->)`)
    if (!pattern.test(text)) throw new Error(`no place for the table ${name}`)
    return text.replace(pattern, () => all[name].map((line) => `${line}\n`).join(''))
  }, page)
}

function tables(): Readonly<Record<TableName, readonly string[]>> {
  return {
    keys: keyTable(keys),
    notary: keyTable(aloneSchema.keys),
    retention: keyTable(besideSchema.keys),
    'retention-alone': keyTable(retentionSchema.keys),
    admin: [
      '| call | |',
      '| --- | --- |',
      ...adminRoutes.map(({ method, path, about }) => `| \`${method} ${path}\` | ${about} |`),
    ],
    fsck: ['| code | | what it means | what `--repair` does |', '| --- | --- | --- | --- |', ...findingRows()],
    distribution: [
      '| key of distribution | here |',
      '| --- | --- |',
      ...Object.entries(distributionKeys).map(([key, fate]) => `| \`${key}\` | ${fateText(fate)} |`),
    ],
  }
}

function keyTable(all: readonly NamedKey[]): readonly string[] {
  return ['| key | value | default | live | |', '| --- | --- | --- | --- | --- |', ...all.map(keyRow)]
}

function findingRows(): string[] {
  return Object.entries(findingCodes).map(
    ([code, { severity, about, repair }]) => `| \`${code}\` | ${severity} | ${about} | ${repair} |`,
  )
}

function keyRow({ path, kind, fallback, isLive, about }: NamedKey): string {
  const shown = kind.show(fallback)
  const isNothing = shown === '' || (typeof shown === 'object' && Object.keys(shown ?? {}).length === 0)
  return `| \`${path}\` | ${kind.name} | ${isNothing ? '' : `\`${typeof shown === 'string' ? shown : JSON.stringify(shown)}\``} | ${isLive ? 'live' : ''} | ${about} |`
}

function fateText(fate: Fate): string {
  if (fate.kind === 'mapped') return `\`${fate.to}\``
  return `${{ same: 'taken', unused: 'not used', refused: 'refused' }[fate.kind]}: ${fate.about}`
}

if (import.meta.main) {
  for (const [path, names] of Object.entries(registryPages))
    writeFileSync(join(repository, path), withTables(readPage(path), names))
}
