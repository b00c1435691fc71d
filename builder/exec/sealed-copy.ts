import fs from 'node:fs'
import { addSeals, memfd, seals } from '../../shared/sys/native.ts'

/**
 * An open descriptor of a copy of a program, in memory, that nobody can change any more, whatever rights he has. crun
 * makes such a copy of itself for every container, so that a process in it cannot overwrite the program through
 * /proc/PID/exe (CVE-2019-5736); started from one it need not. Undefined where that is not to be had.
 */
export function sealedCopy(file: string): number | undefined {
  let fd: number | undefined
  try {
    fd = memfd('runtime')
    const content = fs.readFileSync(file)
    if (fs.writeSync(fd, content) !== content.length) throw new Error('the copy is not complete')
    addSeals(fd, seals.seal | seals.shrink | seals.grow | seals.write)
    return fd
  } catch {
    if (fd !== undefined) fs.closeSync(fd)
    return undefined
  }
}
