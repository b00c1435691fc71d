import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { type Registry, type RegistryProgram, startRegistry } from '../../testing/registry.ts'
import { titleOf } from './check.ts'
import { byChance, knownFailures, lacks } from './peers.ts'
import { allChecks, runCheck } from './suite.ts'
import { Wire } from './wire.ts'

/**
 * Declares the checks against a registry of others, for a test file of its own: what it is known not to keep must fail,
 * everything else must pass, except what {@link byChance} leaves out. So a check that asks too much, or no longer finds
 * what that registry lacks, is found.
 */
export function testPeer(program: RegistryProgram): void {
  const [known, skipped] = [knownFailures(program), byChance(program)]
  const declare = needs(test.serial, 'root', program)
  const running = startOnce(program)
  for (const check of allChecks.filter(({ id }) => !skipped.has(id))) {
    const title = titleOf(check)
    declare(known.has(check.id) ? `fails there: ${title}` : title, async (t) => {
      const run = runCheck(check, await running())
      if (!known.has(check.id)) await t.notThrowsAsync(run)
      else await t.throwsAsync(run, { message: /./ }, `${program} passes it now: take ${check.id} from its list`)
    })
  }
  test(`the lists of ${program} name checks`, (t) => {
    const ids = new Set(allChecks.map(({ id }) => id))
    t.deepEqual(
      [...known, ...skipped].filter((id) => !ids.has(id)),
      [],
    )
    t.deepEqual(
      [...known].filter((id) => skipped.has(id)),
      [],
    )
    t.log(`${program}: ${known.size} of ${allChecks.length} checks fail, ${skipped.size} are left to chance`)
    for (const [what, count] of lacks(program)) t.log(`${count} ${what}`)
  })
}

/** The registry starts with the first check and ends with the file. */
function startOnce(program: RegistryProgram): () => Promise<Wire> {
  let started: Promise<{ registry: Registry; wire: Wire; folder: string }> | undefined
  test.after.always(async () => {
    const { registry, wire, folder } = (await started) ?? {}
    wire?.close()
    await registry?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })
  return async () => {
    started ??= start(program)
    return (await started).wire
  }
}

async function start(program: RegistryProgram): Promise<{ registry: Registry; wire: Wire; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-conformance-'))
  const registry = await startRegistry(folder, program)
  return { registry, wire: new Wire(`http://${registry.host}`), folder }
}
