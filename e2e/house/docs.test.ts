import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'

const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: repository })]
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

test('links in the documents lead to files that are there', (t) => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => ({ page, target })),
  )
  t.true(links.length > 5)
  const dead = links
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .filter(({ page, target }) => {
      return !existsSync(join(repository, dirname(page), target))
    })
  t.deepEqual(dead, [])
})

test('links to a heading find it there', (t) => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)].map(([, file = '', anchor = '']) => ({
      page: file === '' ? page : join(dirname(page), file),
      anchor,
    })),
  )
  t.true(links.length > 5)
  t.deepEqual(
    links.filter(({ page, anchor }) => !anchorsOf(read(page)).has(anchor)),
    [],
  )
})

/** As pages are shown: of a heading its letters, digits, - and _, with - for spaces. */
function anchorsOf(text: string): ReadonlySet<string> {
  const titles = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title)
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('npm scripts and programs that the README names are there', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
  const named = [...read('README.md').matchAll(/npm (?:run )?([a-z:]+)/g)].flatMap(([, name = '']) => name)
  const unknown = named.filter((name) => !['ci', 'pack', 'install'].includes(name) && scripts[name] === undefined)
  t.deepEqual(unknown, [])
})

test('npm scripts name files that are there', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
  const files = Object.values(scripts).flatMap((line) => line.match(/[\w./-]+\.(?:ts|js)\b/g) ?? [])
  t.deepEqual(
    files.filter((file) => !existsSync(join(repository, file))),
    [],
  )
})

test('names in the glossary are names in the code', (t) => {
  const names = [...read('docs/glossary.md').matchAll(/\| `(\w+)` \|$/gm)].map(([, name = '']) => name)
  const sources = globSync('{shared,builder,registry,notary,retention,app}/**/*.ts', { cwd: repository })
    .map(read)
    .join('\n')
  t.true(names.length > 10)
  t.deepEqual(
    names.filter(
      (name) => !new RegExp(`^export (?:interface|type|class|(?:async )?function|const) ${name}\\b`, 'm').test(sources),
    ),
    [],
  )
})

test('words of the glossary are in order, each once', (t) => {
  const tables = read('docs/glossary.md').split(/^## /m).slice(1)
  for (const table of tables) {
    const words = [...table.matchAll(/^\| (?!word|---)([^|]+) \|/gm)].map(([, word = '']) => word.toLowerCase())
    t.deepEqual(words, [...new Set(words)].sort())
  }
})
