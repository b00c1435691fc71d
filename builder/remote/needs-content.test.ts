import test from 'ava'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { needsContent } from './needs-content.ts'

/** Lines of the Dockerfile on which a FROM needs contents. */
function needed(lines: readonly string[]): number[] {
  const dockerfile = parseDockerfile(Buffer.from(`${lines.join('\n')}\n`), 'Dockerfile')
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
