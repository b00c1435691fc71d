// `npm run conformance -- http://HOST:PORT [PART-OF-ID]`: runs the checks against a registry, and tells which it does not keep.
import { allChecks, runCheck } from './suite.ts'
import { Wire } from './wire.ts'

const [base, part = ''] = process.argv.slice(2)
process.exitCode = base === undefined ? usage() : await runAll(base)

function usage(): number {
  console.error('usage: npm run conformance -- http://HOST:PORT [PART-OF-ID]')
  return 2
}

async function runAll(base: string): Promise<number> {
  const wire = new Wire(base)
  const chosen = allChecks.filter(({ id }) => id.includes(part))
  let failed = 0
  for (const check of chosen) {
    const fault = await faultOf(runCheck(check, wire))
    if (fault === undefined) continue
    failed += 1
    console.log(`${check.id} (${check.level}): ${check.says}\n    ${fault.slice(0, 600).replaceAll('\n', '\n    ')}`)
  }
  wire.close()
  console.log(`${chosen.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function faultOf(running: Promise<void>): Promise<string | undefined> {
  try {
    await running
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
