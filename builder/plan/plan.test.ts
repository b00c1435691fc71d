import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { ContainerSettings } from '../../shared/oci/container-settings.ts'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { planBuild } from './plan.ts'
import type { ImageSource, Plan, PlanOptions, Step } from './types.ts'

const defaults: PlanOptions = {
  target: undefined,
  buildArgs: new Map(),
  labels: new Map(),
  network: 'default',
  platform: { os: 'linux', architecture: 'amd64' },
}

/** One base image whatever the name, with these settings. */
function images(settings: ContainerSettings = {}, asked: string[] = []): ImageSource {
  return {
    resolve: async (name) => {
      asked.push(name)
      const diffIDs = [digestOf('layer')]
      const config = {
        os: 'linux',
        architecture: 'amd64',
        config: settings,
        rootfs: { type: 'layers' as const, diff_ids: diffIDs },
      }
      return { name, manifestDigest: digestOf('manifest'), config, diffIDs }
    },
  }
}

interface Case {
  readonly options?: Partial<PlanOptions>
  readonly base?: ContainerSettings
  readonly asked?: string[]
}

async function plan(text: string, { options = {}, base = {}, asked = [] }: Case = {}): Promise<Plan> {
  return planBuild(parseDockerfile(Buffer.from(text), 'Dockerfile'), { ...defaults, ...options }, images(base, asked))
}

function envOf(step: Step | undefined): readonly string[] {
  return step?.kind === 'run' ? step.env.filter((line) => !line.startsWith('PATH=')) : []
}

const settingsRows: [title: string, text: string, base: ContainerSettings, expected: ContainerSettings][] = [
  ['ENV of one line sees the values before the line', 'FROM x\nENV a=1\nENV a=2 b=$a', {}, { Env: ['a=2', 'b=1'] }],
  ['ENV replaces in place', 'FROM x\nENV a=3', { Env: ['a=1', 'b=2'] }, { Env: ['a=3', 'b=2'] }],
  ['ENTRYPOINT clears the CMD of the base', 'FROM x\nENTRYPOINT ["e"]', { Cmd: ['c'] }, { Entrypoint: ['e'] }],
  [
    'ENTRYPOINT keeps a CMD of this stage',
    'FROM x\nCMD ["c"]\nENTRYPOINT ["e"]',
    {},
    { Cmd: ['c'], Entrypoint: ['e'], ArgsEscaped: true },
  ],
  [
    'shell form uses SHELL',
    'FROM x\nSHELL ["/bin/bash", "-lc"]\nCMD a b',
    {},
    { Shell: ['/bin/bash', '-lc'], Cmd: ['/bin/bash', '-lc', 'a b'], ArgsEscaped: true },
  ],
  [
    'EXPOSE ranges and protocols',
    'FROM x\nARG p=53\nEXPOSE $p/UDP 80-81',
    {},
    { ExposedPorts: { '53/udp': {}, '80/tcp': {}, '81/tcp': {} } },
  ],
  ['WORKDIR joins', 'FROM x\nWORKDIR /a\nWORKDIR b/../c', {}, { WorkingDir: '/a/c' }],
  ['ONBUILD of the base is run and not kept', 'FROM x', { OnBuild: ['ENV a=1'] }, { Env: ['a=1'] }],
  ['ONBUILD is stored', 'FROM x\nONBUILD RUN make', {}, { OnBuild: ['RUN make'] }],
  ['LABEL adds to the base', 'FROM x\nLABEL b=2', { Labels: { a: '1' } }, { Labels: { a: '1', b: '2' } }],
]

for (const [title, text, base, expected] of settingsRows) {
  test(`settings: ${title}`, async (t) => {
    const { target } = await plan(text, { base })
    const { Env = [], ...rest } = target.config.config ?? {}
    const environment = Env.filter((line) => !line.startsWith('PATH='))
    t.deepEqual({ ...rest, ...(environment.length > 0 && { Env: environment }) }, expected)
  })
}

const runRows: [title: string, text: string, buildArgs: Record<string, string>, env: readonly string[]][] = [
  ['a global ARG is not seen without a declaration', 'ARG a=1\nFROM x\nRUN t', {}, []],
  ['a declared global ARG has the global value', 'ARG a=1\nFROM x\nARG a\nRUN t', {}, ['a=1']],
  ['--build-arg wins over both', 'ARG a=1\nFROM x\nARG a=2\nRUN t', { a: '3' }, ['a=3']],
  ['ARG pairs of one line are seen from left to right', 'FROM x\nARG a=1 b=$a\nRUN t', {}, ['a=1', 'b=1']],
  ['an ARG of another stage is not seen', 'FROM x AS s\nARG a=1\nFROM x\nRUN t', {}, []],
  ['a stage from a stage has its ARGs', 'FROM x AS s\nARG a=1\nFROM s\nRUN t', {}, ['a=1']],
  ['automatic ARGs need a declaration', 'FROM x\nARG TARGETARCH\nRUN t', {}, ['TARGETARCH=amd64']],
  ['ENV after ARG wins', 'FROM x\nARG a=1\nENV a=2\nRUN t', { a: '3' }, ['a=2']],
  ['an undeclared build arg is not seen', 'FROM x\nRUN t', { a: '1' }, []],
]

for (const [title, text, buildArgs, env] of runRows) {
  test(`environment of RUN: ${title}`, async (t) => {
    const { target } = await plan(text, { options: { buildArgs: new Map(Object.entries(buildArgs)) } })
    t.deepEqual(envOf(target.steps[0]), env)
  })
}

test('proxy ARGs reach RUN but not the part that the cache key sees', async (t) => {
  const { target } = await plan('FROM x\nRUN t', { options: { buildArgs: new Map([['http_proxy', 'http://u:p@h']]) } })
  const [step] = target.steps
  t.deepEqual(step?.kind === 'run' ? step.proxyEnv : [], ['http_proxy=http://u:p@h'])
  t.false(JSON.stringify([envOf(step), target.history]).includes('u:p'))
})

test('unreachable stages are not looked at: their images are not resolved', async (t) => {
  const asked: string[] = []
  const { stages } = await plan('FROM unused AS u\nRUN a\nFROM used\nRUN b', { asked })
  t.deepEqual(asked, ['used'])
  t.is(stages.length, 1)
})

test('stages come after those that they need', async (t) => {
  const text = 'FROM x AS a\nRUN 1\nFROM a AS b\nRUN 2\nFROM x\nCOPY --from=B / /\nCOPY --from=0 / /'
  const { stages, target } = await plan(text)
  t.deepEqual(
    stages.map(({ name, index }) => name ?? index),
    ['a', 'b', 2],
  )
  t.deepEqual(
    target.steps.map((step) => step.kind === 'copy' && step.from.kind === 'stage' && step.from.stage.name),
    ['b', 'a'],
  )
})

const historyRows: [title: string, text: string, expected: readonly (readonly [text: string, layer: boolean])[]][] = [
  [
    'RUN names its ARGs',
    'FROM x\nARG a=1\nRUN make',
    [
      ['ARG a=1', false],
      ['RUN |1 a=1 /bin/sh -c make # buildkit', true],
    ],
  ],
  [
    'COPY with flags',
    'FROM x\nCOPY --chown=1 --chmod=755 a b /d/',
    [['COPY --chown=1 --chmod=755 a b /d/ # buildkit', true]],
  ],
  [
    'WORKDIR makes a layer, but not of the root',
    'FROM x\nWORKDIR /a\nWORKDIR /',
    [
      ['WORKDIR /a', true],
      ['WORKDIR /', false],
    ],
  ],
  ['CMD as Go quotes it', 'FROM x\nCMD ["a b", "\\""]', [['CMD ["a b" "\\""]', false]]],
]

for (const [title, text, expected] of historyRows) {
  test(`history: ${title}`, async (t) => {
    const { target } = await plan(text)
    t.deepEqual(
      target.history.map(({ entry, step }) => [entry.created_by, step !== undefined] as const),
      expected as never,
    )
  })
}

const errorRows: [title: string, text: string, options: Partial<PlanOptions>, code: string, message: RegExp][] = [
  ['a stage that comes later', 'FROM b\nFROM x AS b', { target: '0' }, 'STAGE_UNKNOWN', /later, on line 2/],
  ['COPY from a later stage', 'FROM x\nCOPY --from=b a a\nFROM x AS b', { target: '0' }, 'STAGE_UNKNOWN', /later/],
  ['COPY from itself', 'FROM x AS a\nCOPY --from=a a a', {}, 'STAGE_UNKNOWN', /circular/],
  ['a stage index out of range', 'FROM x\nCOPY --from=3 a a', {}, 'STAGE_UNKNOWN', /invalid stage index 3/],
  ['an unknown target', 'FROM x AS build', { target: 'biuld' }, 'STAGE_UNKNOWN', /biuld/],
  ['a blank base name', 'ARG B\nFROM ${B}', {}, 'DOCKERFILE_EXPANSION', /should not be blank/],
  ['another platform', 'FROM --platform=linux/s390x x', {}, 'NOT_SUPPORTED', /not supported yet/],
  ['a port that is none', 'FROM x\nEXPOSE 70000', {}, 'DOCKERFILE_SYNTAX', /70000/],
  ['a signal that is none', 'FROM x\nSTOPSIGNAL SIGFOO', {}, 'DOCKERFILE_SYNTAX', /SIGFOO/],
]

for (const [title, text, options, code, message] of errorRows) {
  test(`error: ${title}`, async (t) => {
    const error = await rejection(t, plan(text, { options }))
    t.is(error.code, code as typeof error.code)
    t.regex(error.message, message)
  })
}

async function rejection(t: ExecutionContext, work: Promise<unknown>): Promise<IbuildError> {
  return t.throwsAsync(work, { instanceOf: IbuildError })
}

for (const [title, lines] of [
  ['ENV', (i: number) => `ENV V${i}=value${i}`],
  ['LABEL', (i: number) => `LABEL v${i}=value${i}`],
  ['ARG', (i: number) => `ARG V${i}=value${i}`],
] as const) {
  test(`so many lines of ${title} that no image config holds them are refused at their line`, async (t) => {
    const text = Array.from({ length: 20_000 }, (_, i) => lines(i)).join('\n')
    const error = await rejection(t, plan(`FROM scratch\n${text}\n`))
    t.is(error.code, 'DOCKERFILE_TOO_LARGE')
    t.true((error.location?.startLine ?? 0) > 10_000)
  })
}

test('an ARG that each RUN repeats in the history is refused when it becomes too much', async (t) => {
  const runs = 'RUN true\n'.repeat(100)
  const error = await rejection(t, plan(`FROM x\nARG A=${'a'.repeat(50_000)}\n${runs}`))
  t.is(error.code, 'DOCKERFILE_TOO_LARGE')
  t.is(error.location?.text, 'RUN true')
})

test('steps with the same environment share its lines, and those after a change have their own', async (t) => {
  const { target } = await plan('FROM x\nENV A=1\nRUN a\nRUN b\nENV A=2\nRUN c\n')
  const [a, b, c] = target.steps.map((step) => (step.kind === 'run' ? step.env : undefined))
  t.is(a, b)
  t.true(c?.includes('A=2'))
  t.true(a?.includes('A=1'))
})
