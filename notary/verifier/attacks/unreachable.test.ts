import test from 'ava'
import { IbuildError } from '../../../shared/base/errors.ts'
import { newKey } from '../../tuf/testing/keys.ts'
import { badlySigned } from '../../tuf/testing/mutations.ts'
import { before, newStage, type Stage } from '../testing/attack.ts'

const day = 24 * 60 * 60 * 1000
const lastKnownGood = { unreachable: 'lastKnownGood' } as const

function cut(stage: Stage, pattern = /./): void {
  stage.source.answer = (name) =>
    pattern.test(name) ? Promise.reject(new IbuildError('TRUST_UNREACHABLE', 'nobody is there')) : undefined
}

test('a server that cannot be reached: refused unless the caller takes what was known', async (t) => {
  const stage = await newStage('cached')
  cut(stage)
  await t.throwsAsync(stage.refresh(), { code: 'TRUST_UNREACHABLE' })
  const seen = await stage.refresh(lastKnownGood)
  t.false(seen.isFresh)
  t.is(seen.confirmedAt, stage.collection.now)
  t.is(seen.timestamp.signed.version, 3)
  t.deepEqual(await stage.trusted(), before)
})

test('nothing is known of a collection that was never seen', async (t) => {
  const stage = await newStage('fresh')
  cut(stage)
  await t.throwsAsync(stage.refresh(lastKnownGood), { code: 'TRUST_UNREACHABLE' })
})

test('what was known holds until it expires, or for as long as the caller says', async (t) => {
  const stage = await newStage('cached')
  cut(stage)
  stage.now += 13 * day
  t.false((await stage.refresh(lastKnownGood)).isFresh)
  await t.throwsAsync(stage.refresh({ ...lastKnownGood, maxAge: 12 * day }), { code: 'TRUST_UNREACHABLE' })
  t.false((await stage.refresh({ ...lastKnownGood, maxAge: 14 * day })).isFresh)
  stage.now += 2 * day
  await t.throwsAsync(stage.refresh(lastKnownGood), { code: 'TRUST_EXPIRED' })
})

test('a server that confirms what is known makes it hold for longer', async (t) => {
  const stage = await newStage('cached')
  stage.now += 10 * day
  await stage.refresh()
  cut(stage)
  stage.now += 3 * day
  t.is((await stage.refresh({ ...lastKnownGood, maxAge: 4 * day })).confirmedAt, stage.collection.now + 10 * day)
})

for (const [name, pattern] of [
  ['snapshot', /^snapshot\./],
  ['targets', /^targets\.[0-9a-f]{64}/],
  ['delegation', /^targets\/releases\./],
] as const) {
  test(`the connection breaks at the ${name}: the whole collection is the one that was known`, async (t) => {
    const stage = await newStage('cached')
    await stage.publishNext()
    cut(stage, pattern)
    const seen = await stage.refresh(lastKnownGood)
    t.deepEqual(
      [seen.timestamp, seen.snapshot, ...seen.targets.values()].map(({ signed }) => signed.version),
      [3, 3, 3, 3],
    )
    stage.source.answer = () => undefined
    t.is((await stage.refresh()).timestamp.signed.version, 4)
  })
}

for (const [name, answer] of [
  ['404', () => Promise.resolve(undefined)],
  ['401', () => Promise.reject(new IbuildError('TRUST_DENIED', 'who are you?'))],
] as const) {
  test(`a server that answers with ${name} is there: what was known does not do`, async (t) => {
    const stage = await newStage('cached')
    stage.source.answer = answer
    await t.throwsAsync(stage.refresh(lastKnownGood), { code: name === '404' ? 'TRUST_NO_DATA' : 'TRUST_DENIED' })
  })
}

test('a server that shows something bad is there: what was known does not do', async (t) => {
  for (const mutation of badlySigned) {
    const stage = await newStage('cached')
    mutation.apply(stage.collection, 'timestamp')
    await stage.publishNext()
    await t.throwsAsync(stage.refresh(lastKnownGood), { code: 'TRUST_SIGNATURES' })
  }
})

test('what was known is held against the newest root: keys that were taken away sign nothing', async (t) => {
  const stage = await newStage('cached')
  stage.collection.rotate('timestamp', [newKey('ecdsa')])
  await stage.publishNext()
  cut(stage, /^timestamp/)
  await t.throwsAsync(stage.refresh(lastKnownGood), { code: 'TRUST_SIGNATURES', message: /timestamp/ })
  t.is((await stage.trusted())['root'], 2)
})

test('a server that drips is given up when the time for all of it is over', async (t) => {
  const stage = await newStage('cached')
  const alive = setInterval(() => undefined, 1000) // as a connection would be
  t.teardown(() => clearInterval(alive))
  stage.source.answer = (_, { signal }) => {
    const { promise, reject } = Promise.withResolvers<undefined>()
    signal.addEventListener('abort', () => reject(signal.reason))
    return promise
  }
  await t.throwsAsync(stage.refresh({ deadline: 20 }), { code: 'TRUST_UNREACHABLE', message: /within 0.02 seconds/ })
  t.is((await stage.refresh({ deadline: 20, ...lastKnownGood })).timestamp.signed.version, 3)
  const stop = new AbortController()
  const refreshing = stage.refresh({ signal: stop.signal, ...lastKnownGood })
  stop.abort(new Error('enough'))
  await t.throwsAsync(refreshing, { message: 'enough' })
})

test('a publish in the middle of a refresh is looked at again', async (t) => {
  const stage = await newStage('cached')
  const seen = stage.source.files
  await stage.publishNext()
  const next = stage.source.files
  stage.source.files = seen
  stage.collection.rotate('root', [newKey('ecdsa-x509', { commonName: stage.gun })])
  stage.source.answer = (name) => {
    if (name !== 'timestamp.json') return undefined
    const bytes = next.get(name)
    stage.source.files = next
    stage.source.answer = () => undefined
    return Promise.resolve(bytes)
  }
  t.is((await stage.refresh()).timestamp.signed.version, 4)
})

test('two processes that refresh at once both end with the newest collection', async (t) => {
  const stage = await newStage('cached')
  await stage.publishNext()
  const all = await Promise.all([stage.refresh(), stage.refresh(), stage.refresh()])
  t.deepEqual(
    all.map(({ timestamp }) => timestamp.signed.version),
    [4, 4, 4],
  )
  t.is((await stage.trusted())['timestamp'], 4)
})
