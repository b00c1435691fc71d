import test from 'ava'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { needsContents } from './needs-contents.ts'

const defaults = {
  target: undefined,
  buildArgs: new Map<string, string>(),
  labels: new Map<string, string>(),
  network: 'default',
  platform: { os: 'linux', architecture: 'amd64' },
} as const

/** Those that rows know. */
const images = ['BUILD', 'a', 'b', 'c', 'reg/a:1-slim', 's']

function needed(lines: readonly string[], { target, args = {} }: Asked = {}): string[] {
  const dockerfile = parseDockerfile(Buffer.from(`${lines.join('\n')}\n`), 'Dockerfile')
  const needs = needsContents(dockerfile, { ...defaults, target, buildArgs: new Map(Object.entries(args)) })
  return images.filter((name) => needs(name, {}))
}

interface Asked {
  readonly target?: string
  readonly args?: Readonly<Record<string, string>>
}

const rows: [title: string, lines: string[], needed: string[], asked?: Asked][] = [
  ['no RUN', ['FROM a', 'COPY x /'], []],
  ['a RUN', ['FROM a', 'RUN x'], ['a']],
  ['a RUN on the stage', ['FROM a AS s', 'FROM s', 'RUN x'], ['a']],
  ['a RUN on another stage', ['FROM a AS s', 'FROM b', 'RUN x', 'COPY --from=s / /'], ['b']],
  ['a RUN beside a stage', ['FROM a AS s', 'FROM s AS t', 'RUN x', 'FROM s', 'COPY --from=t / /'], ['a']],
  ['a name of two cases is an image', ['FROM a AS Build', 'FROM BUILD', 'RUN x'], ['BUILD']],
  ['a name that is given again', ['FROM a AS s', 'FROM b AS s', 'FROM s', 'RUN x'], ['b']],
  ['a stage that hides the image it stands on', ['FROM a AS a', 'FROM a AS a', 'RUN x'], ['a']],
  ['a stage named by an ARG', ['ARG B=s', 'FROM a AS s', 'FROM ${B}', 'RUN x'], ['a']],
  ['a stage named by a build argument', ['ARG B=b', 'FROM a AS s', 'FROM $B', 'RUN x'], ['a'], { args: { B: 's' } }],
  ['an image named by a build argument', ['ARG B=s', 'FROM a AS s', 'FROM $B', 'RUN x'], ['b'], { args: { B: 'b' } }],
  ['part of a name', ['ARG V=1', 'FROM reg/a:${V}-slim', 'RUN x'], ['reg/a:1-slim']],
  ['an image that is copied from', ['FROM a', 'COPY --from=b / /'], ['b']],
  ['an image that is copied from elsewhere too', ['FROM a', 'COPY --from=a / /'], ['a']],
  [
    'a stage that is copied from, by name and index',
    ['FROM a AS s', 'FROM b', 'COPY --from=S / /', 'COPY --from=0 / /'],
    [],
  ],
  ['a stage that the target needs not', ['FROM a AS t', 'FROM b', 'RUN x'], [], { target: 't' }],
  ['a stage that nothing needs', ['FROM a', 'RUN x', 'COPY --from=c / /', 'FROM b'], []],
  ['a RUN that a stage leaves to the next', ['FROM a AS s', 'ONBUILD RUN x', 'FROM s'], ['a']],
  ['another trigger', ['FROM a AS s', 'ONBUILD COPY RUN /', 'FROM s'], []],
  [
    'what cannot be planned: as far as it can',
    ['FROM $X AS s', 'FROM b AS c', 'RUN x', 'FROM s', 'COPY --from=c / /'],
    ['b'],
  ],
]
for (const [title, lines, expected, asked] of rows) test(title, (t) => t.deepEqual(needed(lines, asked), expected))

test('many stages of one name take no time to speak of', (t) => {
  const stages = Array.from({ length: 1000 }, () => 'FROM a AS a')
  t.deepEqual(needed(stages), [])
})

test('triggers of the image itself', (t) => {
  const dockerfile = parseDockerfile(Buffer.from('FROM a\n'), 'Dockerfile')
  const needs = needsContents(dockerfile, defaults)
  t.true(needs('a', { config: { OnBuild: ['COPY x /', 'run make'] } }))
  t.false(needs('a', { config: { OnBuild: ['COPY RUN /', 'ENV RUN x'] } }))
})
