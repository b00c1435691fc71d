import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run, runOk } from '../testing/run.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { assertFailure, assertNothingLeft, type Failure } from './leftovers.ts'

const uid = '12345'
const asUser = needs(test, 'root', 'setpriv', 'chown')

/** Builds `folder` as a user without rights, in a data folder of that user. */
async function buildAsUser(space: Workspace, folder: string): Promise<RunOutput> {
  mkdirSync(space.root, { recursive: true })
  await runOk('chown', ['-R', uid, space.folder])
  const identity = ['--reuid', uid, '--regid', uid, '--clear-groups']
  const args = [...identity, process.execPath, ibuildScript, '-q', '-t', 'user', folder]
  return run('setpriv', args, { cwd: '/', env: { IBUILD_ROOT: space.root, HOME: space.folder } })
}

asUser('the data folder of another user is told as that', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-'], { input: 'FROM scratch\nCOPY <<E /a\nE\n' })
  chmodSync(space.folder, 0o755)
  const identity = ['--reuid', uid, '--regid', uid, '--clear-groups']
  const args = [...identity, process.execPath, ibuildScript, 'images']
  const { code, stderr } = await run('setpriv', args, { cwd: '/', env: { IBUILD_ROOT: space.root } })
  t.is(code, 1)
  t.regex(
    stderr,
    /^ibuild: no permission to read the data folder .*\[STORE_INVALID\]\nhint: It belongs to another user\. /,
  )
})

const unreadable: [title: string, path: string, failure: Failure][] = [
  ['a file', 'files/secret', { code: 2, error: 'CONTEXT_INVALID', says: ['files/secret', 'permission'] }],
  ['a folder', 'files/closed', { code: 2, error: 'CONTEXT_INVALID', says: ['files/closed', 'permission'] }],
  ['the Dockerfile', 'Dockerfile', { code: 2, error: 'CONTEXT_INVALID', says: ['Dockerfile', 'EACCES'] }],
  ['the ignore file', '.dockerignore', { code: 2, error: 'CONTEXT_INVALID|IGNORE_INVALID', says: ['.dockerignore'] }],
  ['the context', '', { code: 2, error: 'CONTEXT_INVALID', says: ['EACCES'] }],
]

for (const [title, path, failure] of unreadable) {
  asUser(`${title} that the user may not read is told by name`, async (t) => {
    const space = await makeWorkspace(t)
    const files = { 'files/secret': 'x', 'files/closed/y': 'y', 'files/z': 'z', '.dockerignore': '' }
    const folder = space.write('context', { Dockerfile: 'FROM scratch\nCOPY files /files\n', ...files })
    chmodSync(join(folder, path), 0)
    assertFailure(t, await buildAsUser(space, folder), failure)
    chmodSync(join(folder, path), 0o755)
    t.is((await buildAsUser(space, folder)).code, 0, 'and works when it may be read')
    await assertNothingLeft(t, space)
  })
}

asUser('what is hidden by the ignore file need not be readable', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('context', {
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    secret: 'x',
    'closed/y': 'y',
    '.dockerignore': 'secret\nclosed\n',
  })
  chmodSync(join(folder, 'secret'), 0)
  chmodSync(join(folder, 'closed'), 0)
  const output = await buildAsUser(space, folder)
  t.is(output.code, 0, output.stderr)
})

needs(test, 'mkfifo')('special files of a context do not block the build', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('context', { Dockerfile: 'FROM scratch\nCOPY . /\n', x: 'x' })
  await runOk('mkfifo', [join(folder, 'pipe')])
  const all = await space.ibuild(['-q', folder], { timeout: 30_000 })
  t.true(all.code === 0 || /pipe.*\[CONTEXT_INVALID\]/.test(all.stderr), all.stderr)
  space.write('context', { Dockerfile: 'FROM scratch\nCOPY pipe /\n' })
  const one = await space.ibuild(['-q', folder], { timeout: 30_000 })
  t.true(one.code === 0 || /pipe.*\[/.test(one.stderr), one.stderr)
  rmSync(join(folder, 'Dockerfile'))
  await runOk('mkfifo', [join(folder, 'Dockerfile')])
  const file = await space.ibuild(['-q', folder], { timeout: 30_000 })
  t.is(file.code, 2, file.stderr)
  t.regex(file.stderr, /Dockerfile.*\[CONTEXT_INVALID\]/)
})

test('a file where the folder belongs leads to -f', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('context', { Dockerfile: 'FROM scratch\n' })
  const output = await space.ibuild(['build', join(folder, 'Dockerfile')])
  assertFailure(t, output, {
    code: 2,
    error: 'CONTEXT_INVALID',
    says: ['is not a directory', 'hint: A Dockerfile is given with -f'],
  })
})

test('a Dockerfile that is a folder, a link to nowhere, or too large', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('context', { 'Dockerfile/x': '' })
  assertFailure(t, await space.ibuild([folder]), { code: 2, error: 'CONTEXT_INVALID', says: ['Dockerfile'] })
  rmSync(join(folder, 'Dockerfile'), { recursive: true })
  symlinkSync('nowhere', join(folder, 'Dockerfile'))
  assertFailure(t, await space.ibuild([folder]), { code: 2, error: 'CONTEXT_INVALID', says: ['Dockerfile'] })
  rmSync(join(folder, 'Dockerfile'))
  writeFileSync(join(folder, 'Dockerfile'), `FROM scratch\n${'#'.repeat(100)}\n`.repeat(100_000))
  assertFailure(t, await space.ibuild([folder]), { error: 'DOCKERFILE_SYNTAX', says: ['larger'] })
})

const big = 24 * 1024 * 1024
/** Programs that write to a file in bursts, so that some builds come in between. */
const pause = (milliseconds: number): string =>
  `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${milliseconds})`
const appends = `
  const fs = require('fs')
  const fd = fs.openSync(process.argv[1], 'a')
  for (let n = 0; ; n++) {
    for (let i = 0; i < 20; i++) fs.writeSync(fd, \`line \${n} \${i}\\n\`.repeat(100))
    ${pause(500)}
  }`
const overwrites = `
  const fs = require('fs')
  const fd = fs.openSync(process.argv[1], 'r+')
  for (let n = 0; ; n++) {
    const piece = Buffer.alloc(${big / 8}, String(n % 10))
    for (let i = 0; i < 8; i++) fs.writeSync(fd, piece, 0, piece.length, i * piece.length)
    ${pause(500)}
  }`
const replaces = `
  const fs = require('fs')
  const [, file] = process.argv
  for (let n = 0; ; n++) {
    fs.writeFileSync(file + '.new', Buffer.alloc(${big / 4}, String(n % 10)))
    fs.renameSync(file + '.new', file)
    ${pause(150)}
  }`

const writers: [title: string, script: string, isWhole: (bytes: Buffer, last: Buffer) => boolean][] = [
  ['is appended to', appends, (bytes, last) => last.subarray(0, bytes.length).equals(bytes)],
  ['is overwritten in place', overwrites, (bytes) => bytes.length === big],
  ['is replaced', replaces, (bytes) => bytes.length === big / 4 && bytes.every((byte) => byte === bytes[0])],
]

/** Builds while a process writes to `file`; gives what the builds came to. */
async function buildBesideWriter(
  space: Workspace,
  folder: string,
  { script, file }: { script: string; file: string },
): Promise<RunOutput[]> {
  const writer = spawn(process.execPath, ['-e', script, file], { stdio: 'inherit' })
  const outputs: RunOutput[] = []
  try {
    for (let i = 0; i < 5; i++) outputs.push(await space.ibuild(['-q', '-t', `try:${i}`, folder]))
  } finally {
    const ended = once(writer, 'exit')
    writer.kill('SIGKILL')
    await ended
  }
  return outputs
}

async function fileOf(space: Workspace, name: string): Promise<Buffer> {
  const out = join(space.folder, 'out')
  await space.ok(['-q', '-o', out, '-'], { input: `FROM ${name}\n` })
  const bytes = readFileSync(join(out, 'data', 'file'))
  rmSync(out, { recursive: true })
  return bytes
}

for (const [title, script, isWhole] of writers) {
  test.serial(
    `a file that ${title} during the build is CONTEXT_CHANGED or what the cache key says`,
    async (t: ExecutionContext) => {
      const space = await makeWorkspace(t)
      const folder = space.write('context', { Dockerfile: 'FROM scratch\nCOPY data /data\n' })
      mkdirSync(join(folder, 'data'))
      const file = join(folder, 'data', 'file')
      writeFileSync(file, Buffer.alloc(title === 'is replaced' ? big / 4 : big, '0'))
      utimesSync(file, 1e9, 1e9)
      const outputs = await buildBesideWriter(space, folder, { script, file })
      const last = readFileSync(file)
      rmSync(`${file}.new`, { force: true })
      for (const [i, output] of outputs.entries()) {
        if (output.code !== 0) {
          assertFailure(t, output, {
            code: output.code === 2 ? 2 : 1,
            error: 'CONTEXT_CHANGED|CONTEXT_INVALID',
            says: ['data/file'],
          })
          continue
        }
        const bytes = await fileOf(space, `try:${i}`)
        t.true(isWhole(bytes, last), `${bytes.length} of ${statSync(file).size} bytes`)
        writeFileSync(file, bytes)
        const again = await space.ok(['--progress', 'plain', folder])
        t.is(again.stdout, output.stdout, 'these bytes give that image')
        t.regex(again.stderr, /CACHED/)
      }
      t.log(outputs.map(({ code }) => code).join(' '))
      await assertNothingLeft(t, space)
    },
  )
}
