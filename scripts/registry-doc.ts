// `npm run docs:registry`: the tables of docs/registry.md from the schema of the configuration, distribution's and the routes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findingCodes } from '../registry/fsck/finding-codes.ts'
import { adminRoutes } from '../registry/server/admin/routes.ts'
import { distributionKeys, type Fate } from '../registry/server/config/distribution-keys.ts'
import { keys, type NamedKey } from '../registry/server/config/schema.ts'
import { repository } from './repository.ts'

export const registryPage = join(repository, 'docs/registry.md')

/** A page with its tables written anew. */
export function withTables(page: string): string {
  return Object.entries(tables()).reduce((text, [name, lines]) => {
    const pattern = new RegExp(`(?<=<!-- ${name} -->\n)[^]*?(?=<!-- /${name} -->)`)
    if (!pattern.test(text)) throw new Error(`no place for the table ${name}`)
    return text.replace(pattern, () => lines.map((line) => `${line}\n`).join(''))
  }, page)
}

function tables(): Readonly<Record<string, readonly string[]>> {
  return {
    keys: ['| key | value | default | live | |', '| --- | --- | --- | --- | --- |', ...keys.map(keyRow)],
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

if (import.meta.main) writeFileSync(registryPage, withTables(readFileSync(registryPage, 'utf8')))
