import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { type Choice, type ChosenRuntime, chooseRuntime } from './choose-runtime.ts'
import { tempFolder } from './testing.ts'
import { type Outcome, unfiltered } from './try-runtime.ts'

interface Setup {
  readonly folder: string
  /** Programs that were tried, in order. */
  readonly tried: string[]
  readonly choose: (outcome: Outcome, change?: Partial<Choice>) => Promise<ChosenRuntime>
}

/** A host on which scripts stand for runtimes: what they print to `--version` makes them crun or runc. */
function host(t: ExecutionContext, installed: readonly string[]): Setup {
  const folder = tempFolder(t)
  for (const name of installed) writeScript(`${folder}/${name}`, `echo "${name} version 1.2.3+x"; echo more`)
  const tried: string[] = []
  const choose: Setup['choose'] = (outcome, change = {}) =>
    chooseRuntime({
      wanted: undefined,
      stateDir: `${folder}/state`,
      hostKey: 'host',
      find: (name) => (installed.includes(name) ? `${folder}/${name}` : undefined),
      tryRuntime: ({ name }) => {
        tried.push(name)
        return Promise.resolve(outcome)
      },
      ...change,
    })
  return { folder, tried, choose }
}

function writeScript(file: string, body: string): void {
  fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
}

test('crun is chosen when it works, with the profile that it takes', async (t) => {
  const { folder, choose } = host(t, ['crun', 'runc'])
  const { about, filter } = await choose({ filter: 'compiled' })
  const { reason, ...others } = about
  t.deepEqual(others, { name: 'crun', path: `${folder}/crun`, version: '1.2.3+x' })
  t.regex(reason, /crun works on this host/)
  t.is(filter, 'compiled')
})

test('runc is chosen when crun does not work, and why is told', async (t) => {
  const { tried, choose } = host(t, ['crun', 'runc'])
  const { about, filter } = await choose({ failure: 'no such luck' })
  t.is(about.name, 'runc')
  t.is(about.reason, 'crun does not work on this host: no such luck')
  t.is(filter, undefined)
  t.deepEqual(tried, ['crun'])
})

test('runc alone is not tried', async (t) => {
  const { tried, choose } = host(t, ['runc'])
  t.is((await choose({})).about.reason, 'crun is not installed')
  t.deepEqual(tried, [])
})

const absent: readonly [title: string, installed: string[], wanted: string | undefined, message: RegExp][] = [
  ['no runtime at all', [], undefined, /neither crun nor runc is installed/],
  ['crun alone, which does not work', ['crun'], undefined, /crun does not work on this host \(broken\)/],
  ['a runtime by name that is not there', ['crun'], 'runc', /the runtime runc is not installed/],
  ['a runtime by path that is not there', ['crun'], '/no/such/runtime', /\/no\/such\/runtime is not installed/],
  ['a runtime by path that is not a program', ['crun'], '/etc/passwd', /\/etc\/passwd is not installed/],
  ['a runtime by path that is a folder', ['crun'], '/etc', /\/etc is not installed/],
]

for (const [title, installed, wanted, message] of absent) {
  test(`${title} is RUNTIME_MISSING`, async (t) => {
    const { choose } = host(t, installed)
    const error = await t.throwsAsync(choose({ failure: 'broken' }, { wanted }), { code: 'RUNTIME_MISSING' })
    t.regex(error?.message ?? '', message)
  })
}

test('a program that does not tell its version is RUNTIME_MISSING', async (t) => {
  const { folder, choose } = host(t, ['crun'])
  writeScript(`${folder}/odd`, 'exit 3')
  await t.throwsAsync(choose({}, { wanted: `${folder}/odd` }), { code: 'RUNTIME_MISSING' })
})

test('a runtime that is named is used even when its trial fails', async (t) => {
  const { choose } = host(t, ['crun', 'runc'])
  t.is((await choose({ failure: 'broken' }, { wanted: 'crun' })).about.reason, 'asked for')
})

test('a trial is remembered until the binary, or the host, changes', async (t) => {
  const { folder, tried, choose } = host(t, ['crun', 'runc'])
  await choose({ filter: 'first' })
  t.is((await choose({ filter: 'second' })).filter, 'first')
  t.is(tried.length, 1)
  writeScript(`${folder}/crun`, 'echo "crun version 2"')
  t.is((await choose({ filter: 'second' })).about.version, '2')
  t.is((await choose({ filter: 'third' }, { hostKey: 'after a boot' })).filter, 'third')
  t.is(tried.length, 3)
})

const damaged = ['', '{', 'null', '[]', '{"host":"host"}', '{"host":"host","runtimes":{"x":1}}', '\0'.repeat(100)]
for (const text of damaged) {
  test(`a memory of ${JSON.stringify(text.slice(0, 40))} is made again`, async (t) => {
    const { folder, tried, choose } = host(t, ['crun'])
    fs.mkdirSync(`${folder}/state`)
    fs.writeFileSync(`${folder}/state/runtimes.json`, text)
    await choose({})
    await choose({})
    t.is(tried.length, 1)
  })
}

test('a state folder that cannot be written to is no error', async (t) => {
  const { folder, choose } = host(t, ['crun'])
  fs.writeFileSync(`${folder}/state`, 'a file')
  t.is((await choose({})).about.name, 'crun')
})

test('a program that was named but does not tell a version is tried, and refused when it is no runtime', async (t) => {
  const { folder, tried, choose } = host(t, [])
  writeScript(`${folder}/true`, 'exit 0')
  const wanted = `${folder}/true`
  await t.throwsAsync(choose({ failure: 'a trial program ended with 0' }, { wanted }), {
    message: /does not work as a runtime: a trial program ended with 0/,
  })
  await t.throwsAsync(choose({ failure: 'not asked again' }, { wanted }), { message: /ended with 0/ })
  t.deepEqual(tried, ['true'])
})

test('a program without a version that does run containers is taken', async (t) => {
  const { folder, choose } = host(t, [])
  writeScript(`${folder}/mine`, 'exit 0')
  const { about } = await choose({ failure: unfiltered }, { wanted: `${folder}/mine` })
  t.is(about.reason, 'asked for')
})
