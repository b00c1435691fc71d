import test from 'ava'
import * as library from './index.ts'

const { IbuildError, isIbuildError, openRegistries, ...rest } = library
const functions: readonly (readonly [string, unknown])[] = Object.entries(rest)

const wrong: readonly (readonly [what: string, args: readonly unknown[]])[] = [
  ['nothing', []],
  ['null', [null]],
  ['text', ['/data']],
  ['an empty object', [{}]],
  ['an empty root', [{ root: '' }]],
  ['a root alone of the wrong type', [{ root: 5 }]],
]

test('every function of the library is looked at', (t) => {
  t.true(functions.length >= 24)
  for (const [name, each] of functions) t.is(typeof each, 'function', name)
})

/** What is needed first, where that is not the data folder. */
const first: Readonly<Record<string, string>> = { copyImage: 'from' }

for (const [name, each] of functions) {
  test(`${name}() without its options says what it needs`, async (t) => {
    if (typeof each !== 'function') return t.fail()
    for (const [what, args] of wrong) {
      // A function that returns pieces may do so at once, and any other rejects.
      const error = await t.throwsAsync(async () => Reflect.apply(each, undefined, [...args]), undefined, what)
      t.true(isIbuildError(error, 'USAGE'), `${what}: ${error}`)
      t.true(
        error instanceof IbuildError &&
          error.hint?.startsWith(`Call it with one object: ${name}({ ${first[name] ?? 'root'}`),
        what,
      )
    }
  })
}

test('openRegistries() needs no options, but what it gets must be some', (t) => {
  t.notThrows(() => openRegistries())
  for (const wrongOne of [null, 'host', 5]) {
    const error = t.throws(() => void Reflect.apply(openRegistries, undefined, [wrongOne]))
    t.true(isIbuildError(error, 'USAGE'), String(error))
  }
})

for (const context of ['.', {}, { kind: 'folder', path: '.' }, { kind: 'directory' }, { kind: 'stream' }]) {
  test(`build() with the context ${JSON.stringify(context)} says how one is written`, async (t) => {
    const error = await t.throwsAsync(async () => Reflect.apply(library.build, undefined, [{ root: '/none', context }]))
    t.true(isIbuildError(error, 'USAGE'), String(error))
    t.regex(error instanceof IbuildError ? (error.hint ?? '') : '', /kind: 'directory', path/)
  })
}
