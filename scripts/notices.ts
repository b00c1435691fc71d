import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** The names and licence texts of the packages that went into bundles. Error: a package that does not tell its licence. */
export function notices(repository: string, metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs))
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []))
  const parts = [...folders].sort().map((folder) => notice(join(repository, folder)))
  return [`ibuild contains code of these packages.\n`, ...parts].join(`\n${'-'.repeat(80)}\n\n`)
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` -> `node_modules/a/node_modules/@b/c`. */
export function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly author?: string | { readonly name: string }
}

function notice(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  const text = file === undefined ? standardText(manifest) : readFileSync(join(folder, file), 'utf8').trim()
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}\n`
}

/** For a package that names the MIT licence without a file of it: the licence asks that its text goes along. */
function standardText({ name, license, author }: PackageManifest): string {
  if (license !== 'MIT') throw new Error(`${name} has no licence file, and ${license} is not MIT`)
  const holder = (typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`
  const own = readFileSync(join(import.meta.dirname, 'mit-licence.txt'), 'utf8').trim()
  return `Copyright (c) ${holder}\n\n${own}`
}
