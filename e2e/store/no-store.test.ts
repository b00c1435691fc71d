import { existsSync } from 'node:fs'
import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

/** Commands that only look, remove, or fail because what they are to work on is not there; and their exit codes. */
const rows: readonly [args: string, code: number][] = [
  ['images', 0],
  ['containers', 0],
  ['du', 0],
  ['prune', 0],
  ['push localhost:1/app:1', 1],
  ['push --all-tags localhost:1/app', 1],
  ['tag app:1 app:2', 1],
  ['rmi app:1', 1],
  ['rm one', 1],
  ['save app:1 -o app.tar', 1],
  ['export one -o one.tar', 1],
  ['history app:1', 1],
  ['inspect app:1', 1],
  ['analyze app:1', 1],
  ['diff one app:1', 1],
  ['commit one app:2', 1],
  ['squash app:1', 1],
  ['run app:1 true', 125],
]
for (const [args, code] of rows) {
  test(`where there is no data folder, ibuild ${args} makes none`, async (t) => {
    const workspace = await makeWorkspace(t)
    const output = await workspace.ibuild(args.split(' '))
    t.is(output.code, code, output.stderr)
    if (code !== 0) t.regex(output.stderr, /_NOT_FOUND\]/)
    t.false(existsSync(workspace.root))
  })
}
