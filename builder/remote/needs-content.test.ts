import test from 'ava'
import type { Dockerfile, Instruction, Stage } from '../dockerfile/types.ts'
import { needsContent } from './needs-content.ts'

/** Stages of lines such as `FROM base AS name`, as a parser reads them. */
function parsed(lines: readonly string[]): Dockerfile {
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const [i, line] of lines.entries()) {
    const [kind = '', base = '', , name] = line.split(' ')
    const location = { startLine: i + 1 } as Stage['location']
    if (kind !== 'FROM') stages.at(-1)?.instructions.push({ kind } as Instruction)
    else
      stages.push({
        name: name?.toLowerCase(),
        index: stages.length,
        base,
        platform: undefined,
        location,
        instructions: [],
      })
  }
  return { stages } as unknown as Dockerfile
}

/** Lines on which a FROM needs contents. */
function needed(lines: readonly string[]): number[] {
  const dockerfile = parsed(lines)
  const needs = needsContent(dockerfile)
  return dockerfile.stages.flatMap(({ location }) => (needs(location) ? [location.startLine] : []))
}

const rows: [title: string, lines: string[], needed: number[]][] = [
  ['no RUN', ['FROM a', 'COPY x /'], []],
  ['a RUN', ['FROM a', 'RUN x'], [1]],
  ['a RUN on the stage', ['FROM a AS s', 'FROM s', 'RUN x'], [1, 2]],
  ['a RUN on another stage', ['FROM a AS s', 'FROM b', 'RUN x', 'COPY --from=s / /'], [2]],
  ['a name of two cases', ['FROM a AS Build', 'FROM BUILD', 'RUN x'], [1, 2]],
  ['a name that is given again', ['FROM a AS s', 'FROM b AS s', 'FROM s', 'RUN x'], [2, 3]],
  ['a stage that hides the image it stands on', ['FROM a AS a', 'FROM a AS a', 'RUN x'], [1, 2]],
]
for (const [title, lines, expected] of rows) test(title, (t) => t.deepEqual(needed(lines), expected))

test('many stages of one name take no time to speak of', (t) => {
  const stages = Array.from({ length: 1000 }, () => 'FROM a AS a')
  t.deepEqual(needed(stages), [])
})
