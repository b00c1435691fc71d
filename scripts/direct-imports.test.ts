import test from 'ava'
import { importDirectly, type OutputFile } from './direct-imports.ts'

function file(name: string, code: string, hasSources = true): OutputFile {
  return { name, code, hasSources }
}

function codeOf(files: readonly OutputFile[], name: string): string | undefined {
  return importDirectly(files).find((one) => one.name === name)?.code
}

const table = 'const load = () => import("./build-X.js");\n'
const handsOn =
  'import {\n  carryOut,\n  run\n} from "./chunk-A.js";\nimport "./chunk-H.js";\nexport {\n  carryOut,\n  run\n};\n'

test('a file that only hands on another is left out', (t) => {
  const files = [file('main.js', table), file('build-X.js', handsOn), file('chunk-A.js', 'run();\n')]
  t.is(codeOf(files, 'main.js'), 'const load = () => import("./chunk-A.js");\n')
})

for (const [title, code] of [
  ['changes a name', 'import {\n  run2 as run\n} from "./chunk-A.js";\nexport {\n  run\n};\n'],
  ['exports less', 'import {\n  a,\n  run\n} from "./chunk-A.js";\nexport {\n  run\n};\n'],
  ['does something', 'import {\n  run\n} from "./chunk-A.js";\nrun();\nexport {\n  run\n};\n'],
  [
    'takes from two',
    'import {\n  run\n} from "./chunk-A.js";\nimport {\n  b\n} from "./chunk-B.js";\nexport {\n  run\n};\n',
  ],
] as const) {
  test(`a file that ${title} stays`, (t) => {
    t.is(codeOf([file('main.js', table), file('build-X.js', code)], 'main.js'), table)
  })
}

test('the helpers are imported where something is taken from them, and what has effects always is', (t) => {
  const code = 'import {\n  __using\n} from "./chunk-H.js";\nimport "./chunk-H.js";\nimport "./chunk-A.js";\nwork();\n'
  const files = [file('main.js', code), file('chunk-H.js', 'var __using;\n', false), file('chunk-A.js', 'act();\n')]
  t.is(codeOf(files, 'main.js'), 'import {\n  __using\n} from "./chunk-H.js";\nimport "./chunk-A.js";\nwork();\n')
})
