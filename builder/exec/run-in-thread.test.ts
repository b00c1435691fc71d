import fs from 'node:fs'
import { openBox, rootTest } from './testing.ts'

// In a file of its own: where containers are started without a thread, the main thread has its own working directory for good.
rootTest(
  'a process that runs a command in a thread keeps its own working directory and umask',
  ['busybox'],
  async (t) => {
    const box = await openBox(t, { ownProcess: false })
    const [cwd, mask] = [process.cwd(), process.umask(0o027)]
    try {
      await box.sh('umask; pwd')
      process.chdir(box.folder)
      fs.writeFileSync('sync', '')
      await fs.promises.writeFile('async', '')
      for (const name of ['sync', 'async']) {
        t.is(fs.statSync(`${box.folder}/${name}`).mode & 0o777, 0o640, name)
      }
    } finally {
      process.chdir(cwd)
      process.umask(mask)
    }
  },
)
