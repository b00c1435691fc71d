import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { plainProgress } from './plain.ts'
import type { Progress } from './types.ts'

const kinds = ['auto', 'tty', 'plain', 'rawjson', 'quiet']

/** The view that --progress asks for; `auto` is a live view on a terminal, else plain. Errors: USAGE. */
export async function createProgress(kind: string, stream: NodeJS.WriteStream): Promise<Progress> {
  switch (kind) {
    case 'auto':
      return stream.isTTY && process.env['TERM'] !== 'dumb' ? liveProgress(stream) : plain(stream)
    case 'tty':
      return liveProgress(stream)
    case 'plain':
      return plain(stream)
    case 'rawjson': {
      const { rawJsonProgress } = await import('./raw-json.ts')
      return rawJsonProgress((line) => stream.write(line))
    }
    case 'quiet':
      return { emit: () => undefined, close: () => undefined, finish: () => false }
    default:
      throw unknownKind(kind)
  }
}

function unknownKind(kind: string): IbuildError {
  const similar = suggest(kind, kinds)
  return new IbuildError('USAGE', `unknown progress ${JSON.stringify(kind)}`, {
    hint: similar === undefined ? 'Use auto, tty, plain, rawjson or quiet.' : `Did you mean ${similar}?`,
  })
}

function plain(stream: NodeJS.WriteStream): Progress {
  return { emit: plainProgress((text) => stream.write(text)), close: () => undefined, finish: () => false }
}

async function liveProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  const { ttyProgress } = await import('./tty.ts')
  return { ...ttyProgress(stream), finish: () => false }
}
