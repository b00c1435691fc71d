import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { checkFolder } from '../../registry/fsck/check-folder.ts'
import type { GcRound } from '../../registry/gc/types.ts'
import { isRegistryError } from '../../registry/service/testing/errors.ts'
import { all } from '../../retention/run/testing/open-model.ts'
import type { AuditLine } from '../../retention/run/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { app, openLater, planAndApply, tags, wholeOf } from '../retention/stores/retention-writer.ts'
import type { Retained } from '../retention/testing/open-retained.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../retention/stores/retention-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-retention-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
const [template, root] = [path.join(folder, 'template'), path.join(folder, 'root')]

const old = [...tags.keys()].filter((tag) => tag !== 'fresh')

async function ledTo({ registry }: Retained, ref: { tag: string } | { digest: Digest }): Promise<Digest | undefined> {
  return registry.service.manifests.get(app, ref).then(
    ({ digest }) => digest,
    (error: unknown) => {
      if (!isRegistryError(error)) throw error
      return undefined
    },
  )
}

/** What was done to a tag, in order: `remove`, `undo`, `purge`. */
function doneTo(tag: string, audit: readonly AuditLine[]): readonly string[] {
  return audit.flatMap(({ action, about }) => {
    const isOf = typeof about === 'object' && about !== null && 'name' in about && about['name'] === tag
    return isOf && ['remove', 'undo', 'purge'].includes(action) ? [action] : []
  })
}

/** No tag is gone without an entry in the trash and in the log, and what is in the trash is whole. */
async function checkNow(t: ExecutionContext, opened: Retained, at: string): Promise<void> {
  const { retention } = opened
  const trash = await retention.trash()
  const audit = await all(retention.audit())
  t.is(await ledTo(opened, { tag: 'fresh' }), tags.get('fresh'), at)
  for (const tag of old) {
    const now = await ledTo(opened, { tag })
    const entry = trash.find(({ name }) => name === tag)
    const last = doneTo(tag, audit).at(-1)
    if (now !== undefined) t.is<Digest | undefined, Digest | undefined>(now, tags.get(tag), `${at}: ${tag}`)
    else t.is(last, entry === undefined ? 'purge' : 'remove', `${at}: ${tag} is gone`)
    if (entry !== undefined) t.is(entry.state, 'trashed', `${at}: ${tag}`)
    if (now === undefined && entry === undefined) continue
    for (const digest of wholeOf.get(tags.get(tag) ?? digestOfNone()) ?? [])
      t.is(await ledTo(opened, { digest }), digest, `${at}: ${tag} needs ${digest}`)
  }
}

function digestOfNone(): never {
  throw new Error('there is no such tag')
}

/** Whoever goes on removes the rest, gives back what a run took, and purges. */
async function goOn(t: ExecutionContext, opened: Retained, at: string): Promise<void> {
  const { retention, registry } = opened
  await retention.apply((await retention.plan('bob')).id, 'bob')
  for (const tag of old) t.is(await ledTo(opened, { tag }), undefined, `${at}, then applied`)
  for (const { id } of await retention.trash()) {
    const { restored, failed } = await retention.undo(id, 'carol')
    t.deepEqual([restored.length, failed], [1, []], `${at}, then given back`)
  }
  await checkNow(t, opened, `${at}, then given back`)
  await planAndApply(opened)
  await retention.purge('all', 'dave')
  while (freedMore(await registry.gc.run({ isNow: true })));
  t.deepEqual(await retention.trash(), [], at)
  await checkNow(t, opened, `${at}, then purged`)
  for (const digest of [...wholeOf.values()].flat())
    t.is(await ledTo(opened, { digest }), undefined, `${at}, then purged`)
}

function freedMore({ manifests, links, blobs }: GcRound): boolean {
  return manifests + links + blobs > 0
}

async function check(t: ExecutionContext, at: string): Promise<void> {
  const opened = await openLater(root, (notice) => t.fail(`${at}: ${notice}`))
  await checkNow(t, opened, at)
  await goOn(t, opened, at)
  await opened.close()
  const findings: string[] = []
  await checkFolder({ root, onFinding: ({ code, subject }) => void findings.push(`${code} ${subject}`) })
  t.deepEqual(findings, [], at)
}

needs(test, 'gcc')(
  'killed at any call, retention has removed nothing that is not in its trash and its log, and goes on',
  async (t) => {
    t.timeout(600_000)
    await runOk(process.execPath, [script, template, 'before'], { env: keepCode })
    const report = await crashEveryCall({
      script,
      args: [root, 'after'],
      env: keepCode,
      within: root,
      most: 24,
      prepare: () => {
        rmSync(root, { recursive: true, force: true })
        cpSync(template, root, { recursive: true })
      },
      check: (at) => check(t, at),
    })
    t.log(`${report.kills} kills`, report.reached)
    t.true(report.kills >= 20)
  },
)
