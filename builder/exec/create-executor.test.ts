import fs from 'node:fs'
import { createExecutor } from './create-executor.ts'
import { ownedName } from './owner.ts'
import { rootTest, tempFolder } from './testing.ts'

rootTest('crun is tried once per host; the trial leaves its outcome and nothing else', ['crun'], async (t) => {
  const stateDir = `${tempFolder(t)}/state`
  const { runtime } = await createExecutor({ stateDir, ownProcess: true })
  t.deepEqual(fs.readdirSync(stateDir).toSorted(), ['bundle', 'runtimes.json'])
  t.deepEqual(fs.readdirSync(`${stateDir}/bundle`), [])
  const saved = fs.statSync(`${stateDir}/runtimes.json`, { bigint: true }).mtimeNs
  t.deepEqual((await createExecutor({ stateDir, ownProcess: true })).runtime, runtime)
  t.is(fs.statSync(`${stateDir}/runtimes.json`, { bigint: true }).mtimeNs, saved)
})

rootTest('what a killed process left in the state folder goes, what others left stays', ['runc'], async (t) => {
  const stateDir = tempFolder(t)
  const [namespace] = ownedName().split('-')
  const names = { dead: `trial-${namespace}-999999999-1-ab`, living: `trial-${ownedName()}`, other: 'trial-by-hand' }
  for (const name of Object.values(names)) fs.mkdirSync(`${stateDir}/${name}/lower`, { recursive: true })
  await createExecutor({ stateDir, runtime: 'runc', ownProcess: true })
  t.deepEqual(fs.readdirSync(stateDir).toSorted(), [names.living, names.other, 'runtimes.json', 'bundle'].toSorted())
})
