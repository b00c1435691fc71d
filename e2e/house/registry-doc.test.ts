import { readFileSync } from 'node:fs'
import test from 'ava'
import { keys } from '../../registry/server/config/schema.ts'
import { registryPage, withTables } from '../../scripts/registry-doc.ts'

test('the tables of docs/registry.md are what `npm run docs:registry` writes', (t) => {
  const page = readFileSync(registryPage, 'utf8')
  t.is(withTables(page), page)
  for (const { path } of keys) t.true(page.includes(`| \`${path}\` |`), path)
})

test('what is said of each key is one or more sentences, without a pipe that would break the table', (t) => {
  for (const { path, about } of keys) t.regex(about, /^[^|\n]+\.$/, path)
})
