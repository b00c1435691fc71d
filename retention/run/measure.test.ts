import test from 'ava'
import { ageing, day, openModel, previewed, start } from './testing/open-model.ts'
import type { PreviewOptions, Totals } from './types.ts'

test('whom content is shared with is told to whoever may see that, and to nobody else', async (t) => {
  const { service, model } = await openModel({ policy: ageing('propose') })
  const layers = { base: 1000 }
  model.content.push('team/app', 'old', { at: start - 40 * day, text: 'old', layers })
  model.content.push('secret/app', 'new', { at: start - day, text: 'new', layers })
  const totals = async (options: PreviewOptions = {}): Promise<Totals | undefined> =>
    (await previewed(service, options)).flatMap((line) => (line.kind === 'totals' ? [line.totals] : []))[0]
  const whole = await totals()
  t.like(whole, { deleted: 1, shared: 1000 })
  t.regex(whole?.sharedWith.join() ?? '', /^secret\/app@sha256:\w+$/)
  const within = (repository: string): boolean => repository.startsWith('team/')
  t.like(await totals({ within }), { deleted: 1, shared: 1000, sharedWith: [] })
  const plan = await service.plan('ann')
  t.deepEqual(plan.totals.sharedWith, whole?.sharedWith)
})
