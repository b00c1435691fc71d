import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Served, startServe } from '../testing/serve.ts'
import { titleOf } from './conformance/check.ts'
import { allChecks, runCheck } from './conformance/suite.ts'
import { Wire } from './conformance/wire.ts'

let folder: string
let server: Served
let wire: Wire

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ibuild-conformance-'))
  server = await startServe(folder)
  wire = new Wire(`http://${server.host}`)
})

test.after.always(async () => {
  wire.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

for (const check of allChecks) {
  test.serial(titleOf(check), async (t) => {
    await t.notThrowsAsync(runCheck(check, wire))
  })
}
