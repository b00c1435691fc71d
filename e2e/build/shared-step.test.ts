import test from 'ava'
import { type BuildEvent, build } from '../../app/index.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const Dockerfile = `FROM scratch AS one
COPY file /file
FROM scratch
COPY file /file
COPY --from=one /file /other
`

test('a step that another stage has too is told of, with the number of that one, and is not carried out again', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile, file: 'x' })
  for (const cached of [false, true]) {
    const events: BuildEvent[] = []
    const { steps } = await build({
      root: space.root,
      context: { kind: 'directory', path: context },
      emit: (event) => void events.push(event),
    })
    const numbers = events.flatMap((event) => ('step' in event ? [event.step] : []))
    t.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      [1, 2, 3],
      'no number is left out',
    )
    const [second] = events.filter((event) => event.type === 'step-cached' && event.sameAs !== undefined)
    t.like(second, { type: 'step-cached', step: 2, sameAs: 1 })
    t.is(events.filter((event) => event.type === 'step-started').length, cached ? 0 : 2)
    t.deepEqual(
      steps.map((step) => step.cached),
      [cached, cached],
      'a step that was just made did not come from the cache',
    )
  }
  const { stderr } = await space.ok(['--no-cache', '--progress', 'plain', context])
  t.regex(stderr, /^#2 .*COPY file \/file\n#2 SAME AS #1\n$/m)
})
