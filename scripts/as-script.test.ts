import { runInThisContext } from 'node:vm'
import test from 'ava'
import { asScript } from './as-script.ts'

type Exports = Readonly<Record<string, unknown>>
type Script = (load: (name: string) => Exports, require: unknown, url: string) => Exports

function evaluate(code: string, neighbours: Readonly<Record<string, Exports>> = {}): Exports {
  const script = runInThisContext(asScript(code)) as Script
  return script((name) => neighbours[name] ?? {}, undefined, 'file:///main.cjs')
}

test('exports come out under their names', (t) => {
  const code = 'var a = 1;\nfunction b() { return 2 }\nexport {\n  a,\n  b as c$\n};\n'
  const { a, c$ } = evaluate(code) as { a: number; c$: () => number }
  t.deepEqual([a, c$()], [1, 2])
})

test('a neighbour is imported by name, or for its effects alone', (t) => {
  const code =
    'import {\n  one,\n  two as $2\n} from "./chunk-A.B.js";\nimport "./chunk-C.js";\nvar sum = one + $2;\nexport {\n  sum\n};\n'
  t.is(evaluate(code, { 'chunk-A.B': { one: 1, two: 2 } })['sum'], 3)
})

test('a neighbour is imported on demand, and one that cannot be loaded rejects', async (t) => {
  const code = 'var load = () => import("./late-X.js");\nexport {\n  load\n};\n'
  const { load } = evaluate(code, { 'late-X': { value: 7 } }) as { load: () => Promise<Exports> }
  t.is((await load())['value'], 7)
})

test('the script is strict, and knows where it is', (t) => {
  const code =
    'var where = import.meta.url;\nvar strict = (function () { return this === void 0 })();\nexport {\n  where,\n  strict\n};\n'
  t.deepEqual({ ...evaluate(code) }, { where: 'file:///main.cjs', strict: true })
})

test('the first line is a digest of the rest', (t) => {
  const [a, b, c] = ['x();\n', 'x();\n', 'y();\n'].map((code) => asScript(code).split('\n')[0])
  t.regex(a ?? '', /^\/\/ [0-9a-f]{64}$/)
  t.is(a, b)
  t.not(a, c)
})

test('a package that is not in the bundle is required', (t) => {
  const script = runInThisContext(
    asScript('import {\n  one\n} from "@a/b.c";\nvar two = one + 1;\nexport {\n  two\n};\n'),
  ) as Script
  const { two } = script(
    () => ({}),
    (name: string) => ({ one: name === '@a/b.c' ? 1 : 0 }),
    '',
  )
  t.is(two, 2)
})

for (const name of ['../x.js', './x.cjs', 'node:fs', '/x.js', 'https://x']) {
  test(`${name} cannot be imported`, (t) => {
    t.throws(() => asScript(`import {\n  x\n} from "${name}";\n`), { message: new RegExp(name) })
  })
}
