import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { guarded } from './listeners.ts'

test('the work gets its result, the listener what it is told', async (t) => {
  const told: number[] = []
  const result = await guarded(undefined, async ({ listen }) => {
    const tell = listen((number: number) => told.push(number))
    tell(1)
    tell(2)
    return 'done'
  })
  t.is(result, 'done')
  t.deepEqual(told, [1, 2])
})

test('without a listener nobody is told', async (t) => {
  t.is(await guarded(undefined, async ({ listen }) => listen(undefined)()), undefined)
})

const throwing: [name: string, listener: () => void][] = [
  ['throws', () => raise()],
  ['rejects', async () => raise()],
  ['rejects later', async () => sleep(1).then(raise)],
]
function raise(): never {
  throw new TypeError('mine')
}

for (const [name, listener] of throwing) {
  test(`a listener that ${name} stops the work, which rejects with that`, async (t) => {
    let calls = 0
    const work = guarded(undefined, async ({ listen, signal }) => {
      const tell = listen(() => {
        calls++
        return listener()
      })
      t.notThrows(tell)
      await sleep(20)
      t.true(signal.aborted)
      tell()
      signal.throwIfAborted()
    })
    await t.throwsAsync(work, { instanceOf: TypeError, message: 'mine' })
    t.is(calls, 1)
  })
}

test('a listener that throws at the very end fails the work all the same', async (t) => {
  const work = guarded(undefined, async ({ listen }) => listen(raise)())
  await t.throwsAsync(work, { message: 'mine' })
})

test("the caller's abort is CANCELLED", async (t) => {
  const controller = new AbortController()
  const work = guarded(controller.signal, async ({ signal }) => sleep(10_000, undefined, { signal }))
  controller.abort()
  await t.throwsAsync(work, { code: 'CANCELLED' })
})
