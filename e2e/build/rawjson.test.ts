import test from 'ava'
import { needs } from '../testing/needs.ts'
import type { RunOutput } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')
const rawjson = { env: { IBUILD_PROGRESS: 'rawjson' } }

type Line = Readonly<Record<string, unknown>>

/** stderr as objects; throws when a line is none, has a control character, or no type and time. */
function linesOf({ stderr }: RunOutput): Line[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((text) => {
      if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw new Error(`a control character in ${JSON.stringify(text)}`)
      const line = JSON.parse(text) as Line
      if (typeof line['type'] !== 'string' || !/^\d{4}-.*T.*\.\d{3}Z$/.test(String(line['time'])))
        throw new Error(`no type or time: ${text}`)
      return line
    })
}

const types = (lines: readonly Line[]): unknown[] => lines.map(({ type }) => type)

function outputOf(lines: readonly Line[], stream: string): Buffer {
  const pieces = lines.filter((line) => line['stream'] === stream)
  return Buffer.concat(
    pieces.map(({ text, base64 }) =>
      typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64), 'base64'),
    ),
  )
}

async function contextOf(space: Workspace, dockerfile: string): Promise<string> {
  return space.write('context', { Dockerfile: dockerfile })
}

withRuntime('a build tells JSON lines, and only those, with the bytes that its commands wrote', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const script = `printf 'a\\377b\\303'; sleep 0.1; printf '\\251\\n'; printf '\\033[31mred\\n' >&2`
  const context = await contextOf(space, `FROM busybox\nRUN ${script}\n`)
  const built = await space.ok(['--progress', 'rawjson', '-t', 'x', context])
  const lines = linesOf(built)
  t.deepEqual(
    types(lines).filter((type) => type !== 'step-output' && type !== 'notice'),
    ['started', 'step-started', 'step-done', 'result'],
  )
  t.deepEqual(outputOf(lines, 'stdout'), Buffer.from('a\xffb\xc3\xa9\n', 'latin1'))
  t.is(outputOf(lines, 'stderr').toString(), '\u001b[31mred\n')
  const reason = lines.find(({ type }) => type === 'step-started')?.['reason'] as { code: string; text: string }
  t.is(reason.code, 'first-build')
  const last = lines.at(-1)
  t.is(`${String(last?.['imageID'])}\n`, built.stdout)
  t.deepEqual(last?.['tags'], ['x:latest'])

  const again = linesOf(await space.ok([context], rawjson))
  t.deepEqual(types(again), ['started', 'step-cached', 'result'])
  const explained = await space.ok(['--explain', context], rawjson)
  t.deepEqual(types(linesOf(explained)), ['started', 'step-cached', 'result'])
})

withRuntime('the error of a build that fails is the last line', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = await contextOf(space, 'FROM busybox\nRUN echo bad; exit 7\n')
  const failed = await space.ibuild([context], rawjson)
  t.is(failed.code, 1)
  t.is(failed.stdout, '')
  const lines = linesOf(failed)
  t.deepEqual(types(lines).slice(-2), ['step-failed', 'error'])
  const { code, message, location } = lines.at(-1) as { code: string; message: string; location: { startLine: number } }
  t.is(code, 'RUN_FAILED')
  t.regex(message, /exit code 7/)
  t.is(location.startLine, 2)
})

const wrong: [name: string, args: string[], code: number, error: string][] = [
  ['a context that is not there', ['nowhere'], 2, 'CONTEXT_INVALID'],
  ['a bad name', ['-t', 'A B', '.'], 2, 'REFERENCE_INVALID'],
  ['a base that is not to be had', ['context'], 1, 'REGISTRY_UNREACHABLE'],
]
for (const [name, args, code, error] of wrong) {
  test(`${name} is told as a line, with its exit code`, async (t) => {
    const space = await makeWorkspace(t)
    await contextOf(space, 'FROM 127.0.0.1:1/nothing\n')
    const failed = await space.ibuild(args, rawjson)
    t.is(failed.code, code)
    const lines = linesOf(failed)
    t.deepEqual(types(lines), ['started', 'error'])
    t.is(lines[1]?.['code'], error)
  })
}

test('--quiet and --progress are stronger than the environment, which must be right', async (t) => {
  const space = await makeWorkspace(t)
  const context = await contextOf(space, 'FROM scratch\nCOPY Dockerfile /\n')
  t.is((await space.ok(['-q', context], rawjson)).stderr, '')
  t.regex((await space.ok(['--progress', 'plain', context], rawjson)).stderr, /^#1 /)
  const unknown = await space.ibuild([context], { env: { IBUILD_PROGRESS: 'rawjsn' } })
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /unknown progress "rawjsn" \[USAGE\]\nhint: Did you mean rawjson\?/)
  t.is((await space.ibuild([context], { env: { IBUILD_PROGRESS: '' } })).code, 0)
})
