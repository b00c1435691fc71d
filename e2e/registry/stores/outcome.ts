import { setTimeout as sleep } from 'node:timers/promises'

/** What came of some work: `done`, or the code and the status of its error. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number }
    return [code ?? String(error), ...(status === undefined ? [] : [status])].join(' ')
  }
}

/** Waits until something is so, six seconds at most; whether it is. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 300 && !(await isSo()); i++) await sleep(20)
  return isSo()
}
