import { rmSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Store } from '../../builder/store/types.ts'
import { crashEveryCall } from '../testing/crash.ts'
import { remainsOf } from '../testing/remains.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript, type Workspace } from '../testing/workspace.ts'
import { checkRoot, halfWrittenHashes, readIndex } from './check-root.ts'

export interface CrashCommand {
  readonly args: readonly string[]
  /** Calls to kill at; all that change the disk unless told otherwise. */
  readonly calls?: readonly string[]
  /** What else holds after each kill. */
  readonly check: (store: Store, at: string) => void
  /** What holds when the same command has then come to its end. */
  readonly checkAgain: (store: Store, at: string) => void
  /** The same command may find its work done and refuse: the image to remove is gone. */
  readonly mayFailAgain?: boolean
}

/** Milliseconds for some hundred runs on a busy machine. */
const longest = 600_000

/**
 * Takes the data folder of the workspace as it is, kills the command at every call on it, and after each kill asserts that
 * nothing runs or is mounted, that whoever opens the folder next clears what was left and finds a whole store, and that
 * the same command comes to its end. Logs the number of kills per call and returns their sum.
 */
export async function crashCommand(t: ExecutionContext, space: Workspace, command: CrashCommand): Promise<number> {
  t.timeout(longest)
  const { root } = space
  const template = path.join(space.folder, 'template')
  await runOk('cp', ['-a', root, template])
  const { reached, kills } = await crashEveryCall({
    script: ibuildScript,
    args: command.args,
    env: { IBUILD_ROOT: root },
    cwd: space.folder,
    within: root,
    ...(command.calls !== undefined && { calls: command.calls }),
    prepare: async () => {
      rmSync(root, { recursive: true, force: true })
      await runOk('cp', ['-a', template, root])
    },
    check: async (at) => {
      t.deepEqual(await remainsOf(space.root), [], at)
      command.check(await checkRoot(t, root, at), at)
      const again = await space.ibuild(command.args)
      if (command.mayFailAgain !== true) t.is(again.code, 0, `${at}, then again: ${again.stderr}`)
      const store = await checkRoot(t, root, `${at}, then again`)
      command.checkAgain(store, at)
      t.deepEqual(halfWrittenHashes(root), [], `${at}, then again`)
      await store.collectGarbage()
      await checkRoot(t, root, `${at}, then again, then collected`)
      t.deepEqual(readIndex(root), store.tags.list(), `${at}: index.json says what the tags say`)
    },
  })
  t.log(`ibuild ${command.args[0]}: ${kills} kills`, reached)
  return kills
}
