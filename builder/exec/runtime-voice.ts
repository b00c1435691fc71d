import { isObject, parseJson } from '../../shared/base/json.ts'
import type { RunRequest } from './types.ts'

/**
 * A runtime writes to the same stderr as its container: why it could not start the command, mostly in its log as well, but
 * when the program could not be executed only there. What may be such a message is held back until it is known.
 */
export interface RuntimeVoice {
  /** Takes what the container and the runtime write, and passes it on. */
  readonly onOutput: RunRequest['onOutput']
  /** Why the kernel did not execute the program, when that is all that was written. */
  execFailure(program: string): string | undefined
  /** Passes on what was held back: the command wrote it. */
  release(): void
}

/** How messages of runc and of crun begin. */
const beginnings = /^(?:runc run failed: |exec |executable file `|open executable: |\{"msg":"exec container process )/
const maxHeld = 8192

export function createRuntimeVoice(onOutput: RunRequest['onOutput']): RuntimeVoice {
  let held: Buffer | undefined
  let isFirst = true
  const release = (): void => {
    const bytes = held
    held = undefined
    if (bytes !== undefined) onOutput('stderr', bytes)
  }
  return {
    onOutput(stream, bytes) {
      if (isFirst && stream === 'stderr' && mayBeRuntime(bytes)) held = Buffer.from(bytes)
      else {
        release()
        onOutput(stream, bytes)
      }
      isFirst = false
    },
    execFailure: (program) => (held === undefined ? undefined : readExecFailure(held.toString('utf8').trim(), program)),
    release,
  }
}

function mayBeRuntime(bytes: Uint8Array): boolean {
  return bytes.length <= maxHeld && beginnings.test(Buffer.from(bytes).toString('latin1'))
}

/** crun writes `{"msg":"exec container process `/x`: ..."}`, runc `exec /x: ...`. */
function readExecFailure(text: string, program: string): string | undefined {
  if (text.includes('\n')) return undefined
  if (text.startsWith('{')) return readMessage(text)
  const [, path] = /^exec (\/.*): [a-z ]+$/s.exec(text) ?? []
  return path === program || path?.endsWith(`/${program}`) === true ? text : undefined
}

function readMessage(text: string): string | undefined {
  try {
    const entry = parseJson(text, { what: 'message of the runtime' })
    const message = isObject(entry) && entry['level'] === 'error' ? entry['msg'] : undefined
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
