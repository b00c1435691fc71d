import test from 'ava'
import { begin, stillUnderWay, underWay } from './under-way.ts'

test.serial('what has begun is told by name, in its order, until it ends well or not', async (t) => {
  const [good, bad] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
  const works = [underWay('one', async () => good.promise), underWay('two', async () => bad.promise)]
  t.deepEqual(stillUnderWay(), ['one', 'two'])
  good.resolve(1)
  t.is(await works[0], 1)
  t.deepEqual(stillUnderWay(), ['two'])
  bad.reject(new Error('no'))
  await t.throwsAsync(async () => works[1], { message: 'no' })
  t.deepEqual(stillUnderWay(), [])
})

test.serial('a name is asked when it is told; two of one name end each for itself, once', (t) => {
  let state = 'asks'
  const name = (): string => state
  const [first, second] = [begin(name), begin(name)]
  state = 'reads'
  t.deepEqual(stillUnderWay(), ['reads', 'reads'])
  first()
  first()
  t.deepEqual(stillUnderWay(), ['reads'])
  second()
  t.deepEqual(stillUnderWay(), [])
})
