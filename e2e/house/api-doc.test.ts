import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import * as library from '../../app/index.ts'
import { apiDoc } from '../../scripts/api-doc.ts'
import { readApi } from '../../scripts/api-reader.ts'
import { repository } from '../../scripts/repository.ts'

test('docs/api.md is what `npm run docs:api` writes', (t) => {
  t.is(readFileSync(join(repository, 'docs/api.md'), 'utf8'), apiDoc())
})

test('it has what can be imported, and no more', (t) => {
  const values = readApi(join(repository, 'app/index.ts')).filter(({ kind }) => kind !== 'type')
  t.deepEqual(values.map(({ name }) => name).sort(), Object.keys(library).sort())
})

test('its links lead to headings', (t) => {
  const page = apiDoc()
  const headings = [...page.matchAll(/^### (\w+)/gm)].map(([, name = '']) => name.toLowerCase())
  const links = [...page.matchAll(/\]\(#(\w+)\)/g)].map(([, name = '']) => name)
  t.deepEqual(headings, [...new Set(headings)])
  t.true(links.length > 20)
  t.deepEqual(
    links.filter((name) => !headings.includes(name)),
    [],
  )
})

function documented(t: ExecutionContext, code: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-api-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const names = [...code.matchAll(/export (?:async )?(?:function|interface|type|class) (\w+)/g)].map(([, name]) => name)
  writeFileSync(join(folder, 'code.ts'), code)
  writeFileSync(join(folder, 'index.ts'), `/** Head. */\nexport { ${names.join(', ')} } from './code.ts'\n`)
  return apiDoc(join(folder, 'index.ts'))
}

const shown: [name: string, code: string, text: string][] = [
  [
    'a function without its body',
    '/** F. */\nexport async function f(a: string): Promise<void> { a }',
    'function f(a: string): Promise<void>',
  ],
  [
    'options that are taken apart',
    '/** F. */\nexport function f({ a }: Pick<Error, "a"> = {}): void {}',
    'function f(options?: Pick<Error, "a">): void',
  ],
  [
    'a parameter with a default',
    '/** F. */\nexport function f(a: string = "x"): void {}',
    'function f(a?: string): void',
  ],
  ['a type parameter', '/** F. */\nexport function f<T>(a: T): T { return a }', 'function f<T>(a: T): T'],
  [
    'the comment of a member',
    '/** I. */\nexport interface I {\n  /** M. */\n  m: string\n}',
    '  /** M. */\n  m: string',
  ],
  [
    'a class without bodies and secrets',
    '/** C. */\nexport class C {\n  #x = 1\n  /** G. */\n  get g(): number { return this.#x }\n}',
    'class C {\n  /** G. */\n  get g(): number\n}',
  ],
]
for (const [name, code, text] of shown) {
  test(`shows ${name}`, (t) => t.true(documented(t, code).includes(text)))
}

const refused: [name: string, code: string, message: RegExp][] = [
  ['a symbol without a comment', 'export interface I { a: string }', /code\.ts: I has no doc comment/],
  ['a comment that is none for documents', '// I.\nexport interface I { a: string }', /I has no doc comment/],
  [
    'a type that cannot be imported',
    'interface O {}\n/** F. */\nexport function f(o: O): void {}',
    /f names O, which the library does not export/,
  ],
  ['a base that cannot be imported', 'interface O {}\n/** I. */\nexport interface I extends O {}', /I names O/],
]
for (const [name, code, message] of refused) {
  test(`refuses ${name}`, (t) => {
    t.throws(() => documented(t, code), { message })
  })
}
