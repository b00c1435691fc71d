import { nativeFunctionAside } from './libc.ts'

const syncFileRange = nativeFunctionAside({
  name: 'sync_file_range',
  result: 'int',
  args: ['int', 'int64_t', 'int64_t', 'unsigned int'],
})
/** Begins to write the dirty pages, and waits for none. */
const rangeWrite = 2

/**
 * Has the system begin to write a part of a file to the disk, so that a sync that comes later has less to do. Promises
 * nothing, and costs no journal commit as a sync does. False where it is not to be had.
 */
export async function startWriteBack(fd: number, start: number, length: number): Promise<boolean> {
  try {
    return (await syncFileRange(fd, start, length, rangeWrite)) === 0
  } catch {
    return false
  }
}
