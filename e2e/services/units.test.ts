import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { run, runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { ibuildScript } from '../testing/workspace.ts'

const folder = join(import.meta.dirname, '../../packaging/systemd')
const names = readdirSync(folder).filter((name) => name.endsWith('.service'))
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')

test('there is a unit for each service', (t) => {
  t.deepEqual(names.sort(), ['ibuild-gc.service', 'ibuild-notary.service', 'ibuild-signer.service', 'ibuild.service'])
})

for (const name of names) {
  test(`${name} starts a command that there is, with options that it has`, async (t) => {
    const [, line = ''] = /^ExecStart=\/usr\/bin\/ibuild (.+)$/m.exec(textOf(name)) ?? []
    const words = line.split(' ')
    const first = words.findIndex((word) => word.startsWith('-'))
    const { stdout } = await runOk(process.execPath, [ibuildScript, ...words.slice(0, first), '--help'])
    for (const flag of words.filter((word) => word.startsWith('--'))) t.regex(stdout, new RegExp(`${flag}\\b`), flag)
  })

  needs(test, 'systemd-analyze')(`systemd understands ${name}, and finds that it is shut off`, async (t) => {
    const file = join(temporaryFolder(t), name)
    writeFileSync(file, textOf(name).replaceAll('/usr/bin/ibuild', process.execPath))
    const analyze = requireProgram('systemd-analyze')
    const { code, stdout, stderr } = await run(analyze, ['verify', file])
    t.deepEqual([code, stdout, stderr], [0, '', ''])
    const { stdout: exposure } = await runOk(analyze, ['security', '--offline=true', '--threshold=20', file])
    t.regex(exposure, /Overall exposure level for \S+: [01]\.\d OK/)
  })
}
