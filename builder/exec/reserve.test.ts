import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createReserve, type Reserve } from './reserve.ts'

interface Made {
  usable: boolean
  discarded: boolean
}

/** A reserve of things that only remember what is done to them. */
function reserveOf(keep: number): { readonly reserve: Reserve; readonly made: Made[] } {
  const made: Made[] = []
  const reserve = createReserve(async () => {
    const one: Made = { usable: true, discarded: false }
    made.push(one)
    return {
      isUsable: () => one.usable,
      start: async () => Promise.reject(new Error('not started here')),
      discard: () => void (one.discarded = true),
    }
  }, keep)
  return { reserve, made }
}

test.serial('the one on standby is taken, once', async (t) => {
  const { reserve, made } = reserveOf(1000)
  reserve.refill()
  reserve.refill()
  t.is(made.length, 1)
  await reserve.take()
  t.is(made.length, 1)
  await reserve.take()
  t.is(made.length, 2)
  t.false(made.some(({ discarded }) => discarded))
})

test.serial('one that ended meanwhile is not taken', async (t) => {
  const { reserve, made } = reserveOf(1000)
  reserve.refill()
  for (const one of made) one.usable = false
  const { prepared } = await reserve.take()
  t.true(prepared.isUsable())
  t.deepEqual(
    made.map(({ discarded }) => discarded),
    [true, false],
  )
})

test.serial('one that nobody takes is discarded, with its descriptors', async (t) => {
  const { reserve, made } = reserveOf(20)
  const before = fs.readdirSync('/proc/self/fd').length
  reserve.refill()
  await sleep(200)
  t.true(made[0]?.discarded)
  t.is(fs.readdirSync('/proc/self/fd').length, before)
})

test.serial('without time to stand by none does', async (t) => {
  const { reserve, made } = reserveOf(0)
  reserve.refill()
  t.is(made.length, 0)
  await reserve.take()
  t.is(made.length, 1)
})

test.serial('one that could not be put on standby is tried again when it is needed', async (t) => {
  let attempts = 0
  const before = fs.readdirSync('/proc/self/fd').length
  const reserve = createReserve(async () => Promise.reject(new Error(`attempt ${++attempts}`)), 1000)
  reserve.refill()
  await t.throwsAsync(reserve.take(), { message: 'attempt 2' })
  t.is(fs.readdirSync('/proc/self/fd').length, before)
})

test.serial('one that is closed discards what stands by, and puts nothing on standby any more', async (t) => {
  const { reserve, made } = reserveOf(1000)
  const before = fs.readdirSync('/proc/self/fd').length
  reserve.refill()
  await reserve.close()
  reserve.refill()
  t.deepEqual(
    made.map(({ discarded }) => discarded),
    [true],
  )
  t.is(fs.readdirSync('/proc/self/fd').length, before)
})
