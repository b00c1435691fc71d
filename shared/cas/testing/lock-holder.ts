import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockExclusive, lockShared } from '../lock.ts'

/** `FOLDER shared|exclusive` holds the lock until killed; `FOLDER count FILE N` adds N to a number, one lock for each. */
const [folder = '', mode, file = '', times = '0'] = process.argv.slice(2)
if (mode === 'count') {
  for (let i = 0; i < Number(times); i++) {
    const lock = await lockExclusive(folder)
    const count = Number(readFileSync(file, 'utf8'))
    await sleep(0)
    writeFileSync(file, String(count + 1))
    lock.release()
  }
  process.disconnect?.()
} else {
  await (mode === 'shared' ? lockShared(folder) : lockExclusive(folder))
  process.send?.('held')
  await sleep(60_000)
}
