import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import type { MissRow } from './miss-row.ts'
import { runRows } from './miss-runs.ts'
import { sourceRows, sources } from './miss-sources.ts'
import { surroundingRows } from './miss-surroundings.ts'
import { outcomesOf } from './outcomes.ts'

async function secondBuild(
  t: ExecutionContext,
  row: MissRow,
  base: boolean,
): Promise<{ space: Workspace; progress: string }> {
  const space = await makeWorkspace(t, { base })
  const { dockerfile, flags = [[], []] } = row
  const files = { ...sources, ...row.files }
  const context = space.write('context', files)
  if (files['base/Dockerfile'] !== undefined) await space.ok(['-t', 'base:1', join(context, 'base')])
  const build = async (lines: readonly string[], extra: readonly string[]): Promise<string> => {
    const file = join(space.folder, 'Dockerfile')
    writeFileSync(file, `${lines.join('\n')}\n`)
    return (await space.ok(['--progress', 'plain', '-f', file, ...extra, context])).stderr
  }
  row.prepare?.({ space, context })
  await build(dockerfile[0], flags[0])
  await row.between?.({ space, context })
  return { space, progress: await build(dockerfile[1] ?? dockerfile[0], flags[1]) }
}

function assertLine(t: ExecutionContext, progress: string, { step, line }: MissRow): void {
  const steps = outcomesOf(progress)
  const found = step === undefined ? steps.at(-1) : steps.find(({ instruction }) => instruction === step)
  t.not(found?.outcome, 'cached')
  if (typeof line === 'string') t.is(found?.reason, line)
  else t.regex(found?.reason ?? '', line)
}

/** No row's secret is shown or kept. */
function assertSecret(
  t: ExecutionContext,
  { titlesTell }: MissRow,
  { space, progress }: { space: Workspace; progress: string },
): void {
  const told = titlesTell === true ? progress.replace(/^#\d+ (\[|[\d.]+ ).*$/gm, '') : progress
  t.false(told.includes('hunter2'), 'no secret is shown')
  t.false(cacheTexts(space.root).includes('hunter2'), 'no secret is in the cache')
}

for (const row of [...sourceRows, ...surroundingRows]) {
  test.serial(`a miss names ${row.name}`, async (t) => {
    const { space, progress } = await secondBuild(t, row, false)
    assertLine(t, progress, row)
    assertSecret(t, row, { space, progress })
  })
}

/** What the cache keeps, besides layers; the history of an image has ARGs as docker's has. */
function cacheTexts(root: string): string {
  const files = globSync(['records/**', 'steps/**', 'listings/**', 'locks/**'], {
    cwd: root,
    withFileTypes: true,
  })
  return files.flatMap((file) => (file.isFile() ? readFileSync(join(file.parentPath, file.name), 'latin1') : [])).join()
}

const withRuntime = needs(test.serial, 'root', 'busybox', 'runc')
for (const row of runRows) {
  withRuntime(`a miss names ${row.name}`, async (t) => {
    const { space, progress } = await secondBuild(t, row, true)
    assertLine(t, progress, row)
    assertSecret(t, row, { space, progress })
  })
}

test.serial('a step edited in a copy of the folder is compared with the one on the same layers', async (t) => {
  const space = await makeWorkspace(t)
  const lines = (path: string): string => `FROM scratch\nCOPY a.txt /\nWORKDIR ${path}\n`
  await space.ok([space.write('one', { ...sources, Dockerfile: lines('/w') })])
  const copy = space.write('copy', { ...sources, Dockerfile: lines('/v') })
  const { stderr } = await space.ok(['--progress', 'plain', copy])
  t.is(outcomesOf(stderr).at(-1)?.reason, 'directory /w -> /v')
})

test.serial('another first step on the same base is not what a new one is compared with', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok([space.write('one', { ...sources, Dockerfile: 'FROM scratch\nWORKDIR /w\n' })])
  const other = space.write('other', { ...sources, Dockerfile: 'FROM scratch\nWORKDIR /v\n' })
  const { stderr } = await space.ok(['--progress', 'plain', other])
  t.is(outcomesOf(stderr).at(-1)?.reason, 'first build of this step')
})
