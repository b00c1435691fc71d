import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { gcCommands } from '../../app/cli/gc/command-table.ts'
import { policyCommands } from '../../app/cli/gc/policy.ts'
import { trashCommands } from '../../app/cli/gc/trash.ts'
import { scopes } from '../../retention/http/access.ts'
import { readPolicy } from '../../retention/policy/read-policy.ts'
import { fullPolicy } from '../../retention/policy/testing/full-policy.ts'
import { checkCron } from '../../retention/schedule/cron.ts'
import { repository } from '../../scripts/repository.ts'
import { isObject, type JsonValue } from '../../shared/base/json.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const page = read('docs/gc.md')
const examples = [...page.matchAll(/^```yaml\n(version: [^]*?)^```$/gm)].map(([, text = '']) => text)

test('each policy in docs/gc.md can be put in force, and nothing in it looks like a mistake', (t) => {
  t.true(examples.length >= 7)
  for (const text of examples) {
    const found = readPolicy(text, { checkCron })
    t.deepEqual('policy' in found ? found.warnings : found.problems, [], text)
  }
})

test('docs/gc.md tells of every key of a policy', (t) => {
  const parsed = parseYaml(fullPolicy)
  const keys = 'value' in parsed ? [...new Set(keysOf(asJson(parsed.value)))] : []
  t.true(keys.length > 40)
  t.deepEqual(
    keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(page)),
    [],
  )
})

test('docs/gc.md tells of every reason', (t) => {
  const reasons = [...read('retention/decide/types.ts').matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, word = '']) => word)
  t.true(reasons.length >= 20)
  t.deepEqual(
    reasons.filter((reason) => !page.includes(`\`${reason}\``)),
    [],
  )
})

test('docs/gc.md names every command, and every scope', (t) => {
  const words = [
    ...Object.keys(gcCommands),
    ...Object.keys(policyCommands).map((name) => `policy ${name}`),
    ...Object.keys(trashCommands).map((name) => `trash ${name}`),
  ]
  t.deepEqual(
    words.filter((word) => !page.includes(`ibuild gc ${word}`)),
    [],
  )
  t.deepEqual(
    Object.keys(scopes).filter((scope) => !page.includes(`| \`${scope}\` |`)),
    [],
  )
})

function asJson(value: unknown): JsonValue {
  const read: JsonValue = JSON.parse(JSON.stringify(value))
  return read
}

/** Of all maps, but for labels, whose names are anybody's. */
function keysOf(value: JsonValue): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each: JsonValue) => keysOf(each))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, each]) => [key, ...(key === 'label' ? [] : keysOf(each ?? null))])
}
