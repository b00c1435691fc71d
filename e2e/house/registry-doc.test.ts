import test from 'ava'
import { notaryCommands } from '../../app/cli/notary/command-table.ts'
import { registryCommands } from '../../app/cli/registry/command-table.ts'
import { aloneSchema } from '../../notary/server/config/schema.ts'
import { keys } from '../../registry/server/config/schema.ts'
import { readPage, registryPages, withTables } from '../../scripts/registry-doc.ts'

for (const [path, names] of Object.entries(registryPages)) {
  test(`the tables of ${path} are what \`npm run docs:registry\` writes`, (t) => {
    const page = readPage(path)
    t.is(withTables(page, names), page)
  })
}

for (const [file, all] of [
  ['docs/registry-keys.md', keys],
  ['docs/notary-keys.md', aloneSchema.keys],
] as const) {
  test(`each key of the configuration has its row in ${file}`, (t) => {
    const page = readPage(file)
    for (const { path } of all) t.true(page.includes(`| \`${path}\` |`), path)
  })
}

test('what is said of each key is one or more sentences, without a pipe that would break the table', (t) => {
  for (const { path, about } of [...keys, ...aloneSchema.keys]) t.regex(about, /^[^|\n]+\.$/, path)
})

test('each command for the registry stands in one of its pages, as it is typed', (t) => {
  const pages = ['docs/registry.md', 'docs/operate.md'].map(readPage).join('\n')
  for (const name of Object.keys(registryCommands)) t.true(pages.includes(`ibuild registry ${name}`), name)
})

test('each command for the notary stands in its page, as it is typed', (t) => {
  const page = readPage('docs/notary.md')
  for (const name of Object.keys(notaryCommands)) t.true(page.includes(`ibuild notary ${name}`), name)
})
