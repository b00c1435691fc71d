import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { followCollection } from '../../notary/service/testing/check-collection.ts'
import { parseRole } from '../../notary/tuf/role.ts'
import { app, filesIn, openNotaryFolder } from '../notary/stores/trust-writer.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../notary/stores/trust-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-notary-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const [template = '', root = '', steps = '', acks = ''] = ['template', 'root', 'steps', 'acks'].map((name) =>
  path.join(folder, name),
)

/** Versions of root, targets and the delegation after each step; the fourth removes the collection, the fifth begins it anew. */
const states = ['1 1 -', '1 2 -', '2 2 -', '2 3 1', '- - -', '1 1 -']

async function check(t: ExecutionContext, at: string): Promise<void> {
  const service = await openNotaryFolder(root, (notice) => t.fail(`${at}: ${notice}`))
  const now = await followCollection(service, app)
  t.deepEqual(now?.problems ?? [], [], at)
  const version = (role: string): string => String(now?.files.get(parseRole(role))?.version ?? '-')
  const state = [version('root'), version('targets'), version('targets/bob')].join(' ')
  const told = readFileSync(acks, 'utf8').split('\n').length - 1
  t.true([states[told], states[told + 1]].includes(state), `${at}: ${state} after ${told} steps`)
  await goOn(t, service, at)
  await service.close()
}

/** Whoever did not see the end of a step does it again. */
async function goOn(
  t: ExecutionContext,
  service: Awaited<ReturnType<typeof openNotaryFolder>>,
  at: string,
): Promise<void> {
  const now = await followCollection(service, app)
  const version = now?.files.get('targets')?.version ?? 0
  const next = [filesIn(path.join(steps, '0')), filesIn(path.join(steps, '1'))][version]
  if (next !== undefined) await service.publish(app, next)
  const later = await followCollection(service, app)
  t.deepEqual(later?.problems, [], at)
  t.is(later?.files.get('targets')?.version, next === undefined ? version : version + 1, at)
}

needs(test, 'gcc')('killed at any call, a notary has the collection before a publish or after it, whole', async (t) => {
  t.timeout(1_800_000)
  await runOk(process.execPath, [script, template, steps, acks, 'before'])
  const report = await crashEveryCall({
    script,
    args: [root, steps, acks, 'after'],
    env: keepCode,
    within: root,
    most: 50,
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true })
      writeFileSync(acks, '')
    },
    check: (at) => check(t, at),
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills >= 40)
})
