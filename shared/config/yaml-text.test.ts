import test from 'ava'
import fc from 'fast-check'
import { parse } from 'yaml'
import { parseYaml, yamlText } from './yaml-text.ts'

/** Text that some reader of YAML takes for something else, or that a terminal acts on. */
const traps = (
  'no|yes|on|off|y|N|true|Null|~|1e3|0x1|0o7|1:30|1_000|.5|.inf|2024-01-01|<<|=|-|- a|a: b|a #b|{}|[]|!tag|&a|*a|' +
  '%x|@x|`x| x|x |a\nb\n|\u001b[31m|a\u009bb|\u007f|\u0085|\u2028|\ufeff|\ud800|é日本|sha256:ab|10:5|0|-1|"|\'|\\'
).split('|')

for (const [i, trap] of [...traps, ''].entries()) {
  test(`trap ${i}, ${JSON.stringify(trap)}, is the same text again, as value and as key`, (t) => {
    const value = { list: [trap], [trap]: trap }
    const text = yamlText(value)
    for (const version of ['1.1', '1.2'] as const) t.deepEqual(parse(text, { version }), value)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\ufeff]/)
  })
}

test('any JSON is the same again', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      for (const version of ['1.1', '1.2'] as const) t.deepEqual(parse(yamlText(value), { version }), value)
    }),
    { numRuns: 150 },
  )
})

test('plain words and paths have no quotes, whatever their length', (t) => {
  const path = `/usr/${'long/'.repeat(60)}end`
  t.is(
    yamlText({ os: 'linux', path, size: 12, none: null, empty: [] }),
    `os: linux\npath: ${path}\nsize: 12\nnone: null\nempty: []\n`,
  )
})

const refused: readonly (readonly [what: string, text: string, problem: RegExp, line: number | undefined])[] = [
  ['a list that has no end', 'a: 1\nb: [', /at line 2, column/, 2],
  ['a key twice', 'a: 1\nb: { c: 1, "c": 2 }', /unique: "c" at line 2, column 12/, 2],
  ['a number and its text as keys', '1: x\n"1": y', /unique: "1" at line 2, column 1/, 2],
  ['two documents', 'a: 1\n---\nb: 1', /multiple documents/, 2],
  [
    'names that stand for ever more',
    `a: &a [1,1,1,1,1,1]\nb: &b [${'*a,'.repeat(9)}]\nc: [${'*b,'.repeat(99)}]`,
    /alias/,
    undefined,
  ],
  ['lists in lists beyond any stack', '['.repeat(20_000), /line 1|too deep/, 1],
]
for (const [what, text, problem, line] of refused)
  test(`refused: ${what}`, (t) => {
    const parsed = parseYaml(text)
    t.regex('problem' in parsed ? parsed.problem : 'none', problem)
    t.is('problem' in parsed ? parsed.line : undefined, line)
  })

test('many keys are read', (t) => {
  const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: ${i}`).join('\n')
  const parsed = parseYaml(text)
  t.is('value' in parsed ? Object.keys(parsed.value as object).length : 0, 20_000)
})
