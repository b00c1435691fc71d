import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { ageing, fillModel, openModel } from './testing/open-model.ts'

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  if (typeof collect !== 'function') throw new TypeError('there is no gc')
  Reflect.apply(collect, undefined, [])
}

test('what was told of runs is held by nobody, however many there were', async (t) => {
  const { service, model } = await openModel({ policy: ageing('enforce') })
  fillModel(model)
  const told = await (async () => new WeakRef(await service.run('bob')))()
  t.is(told.deref()?.removed, 3)
  await service.purge('due', 'bob')
  await turn()
  collectGarbage()
  t.is(told.deref(), undefined)
})
