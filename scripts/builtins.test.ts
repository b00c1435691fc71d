import { runInThisContext } from 'node:vm'
import test from 'ava'
import { readBuiltinsDirectly } from './builtins.ts'

const rows: [title: string, code: string, expected: string][] = [
  ['default', 'import fs from "node:fs";\n', 'const fs = globalThis.process.getBuiltinModule("node:fs");\n'],
  ['namespace', 'import * as fs from "fs";\n', 'const fs = globalThis.process.getBuiltinModule("fs");\n'],
  [
    'names',
    'import { join, sep as s2 } from "node:path/posix";\n',
    'const { join, sep: s2 } = globalThis.process.getBuiltinModule("node:path/posix");\n',
  ],
  [
    'names on several lines',
    'import {\n  a,\n  b as c\n} from "node:util";\n',
    'const {\n  a,\n  b: c\n} = globalThis.process.getBuiltinModule("node:util");\n',
  ],
  [
    'default and names',
    'import fs, { statSync } from "node:fs";\n',
    'const fs = globalThis.process.getBuiltinModule("node:fs");\nconst { statSync } = globalThis.process.getBuiltinModule("node:fs");\n',
  ],
  ['a chunk stays', 'import {\n  a\n} from "./chunk-A.js";\n', 'import {\n  a\n} from "./chunk-A.js";\n'],
  ['a package stays', 'import koffi from "koffi";\n', 'import koffi from "koffi";\n'],
  ['inside a line stays', 'x(`\n  import fs from "node:fs";\n`)\n', 'x(`\n  import fs from "node:fs";\n`)\n'],
]

for (const [title, code, expected] of rows) {
  test(`built-in imports: ${title}`, (t) => t.is(readBuiltinsDirectly(code), expected))
}

test('reads come before all other code, because imports are hoisted', (t) => {
  const code = 'a(join);\nimport { join } from "node:path";\nb();\n'
  t.is(
    readBuiltinsDirectly(code),
    'const { join } = globalThis.process.getBuiltinModule("node:path");\na(join);\nb();\n',
  )
})

test('names of a module that is seldom used load it at their first use', (t) => {
  const code = readBuiltinsDirectly('import { constants, gunzipSync as gunzip } from "node:zlib";\n')
  t.notRegex(code, /^const .*getBuiltinModule\("node:zlib"\);$/m)
  const bytes = `Buffer.from('1f8b08000000000000034b040043beb7e801000000', 'hex')`
  const used: unknown = runInThisContext(
    `(() => { ${code}; return [constants.Z_NO_FLUSH, String(gunzip(${bytes}))].join() })()`,
  )
  t.is(used, '0,a')
})

test('a value of the thread is read at once, as it is', (t) => {
  const code = readBuiltinsDirectly('import { parentPort as port, Worker, isMainThread } from "node:worker_threads";\n')
  t.regex(code, /^const port = globalThis\.process\.getBuiltinModule\("node:worker_threads"\)\.parentPort;$/m)
  t.regex(code, /^const Worker = new Proxy/m)
  t.is(runInThisContext(`(() => { ${code}; return typeof isMainThread })()`), 'boolean')
})

test('what is read late can be constructed', (t) => {
  const code = readBuiltinsDirectly('import { MessageChannel } from "node:worker_threads";\n')
  t.is(runInThisContext(`(() => { ${code}; return new MessageChannel().constructor.name })()`), 'MessageChannel')
})
