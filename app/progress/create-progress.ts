import type { EmitEvent } from '../../builder/solve/events.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { plainProgress } from './plain.ts'

export interface Progress {
  readonly emit: EmitEvent
  /** Ends the view; safe to call twice. */
  close(): void
}

/** The view that --progress asks for; `auto` is a live view on a terminal, else plain. Errors: USAGE. */
export async function createProgress(kind: string, stream: NodeJS.WriteStream): Promise<Progress> {
  switch (kind) {
    case 'auto':
      return stream.isTTY ? liveProgress(stream) : plain(stream)
    case 'tty':
      return liveProgress(stream)
    case 'plain':
      return plain(stream)
    case 'quiet':
      return { emit: () => undefined, close: () => undefined }
    default:
      throw new IbuildError('USAGE', `unknown progress ${JSON.stringify(kind)}`, {
        hint: 'Use auto, tty, plain or quiet.',
      })
  }
}

function plain(stream: NodeJS.WriteStream): Progress {
  return { emit: plainProgress((text) => stream.write(text)), close: () => undefined }
}

async function liveProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  const { ttyProgress } = await import('./tty.ts')
  return ttyProgress(stream)
}
