import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** Runs work for an instruction: errors of it that have no place in the Dockerfile get this one. */
export async function located<T>(location: SourceLocation, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw withLocation(error, location)
  }
}

/** The same for work that is done at once. */
export function locatedSync<T>(location: SourceLocation, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw withLocation(error, location)
  }
}

/** The same for things that are made one by one. */
export function* locatedItems<T>(location: SourceLocation, items: Iterable<T>): Generator<T> {
  try {
    yield* items
  } catch (error) {
    throw withLocation(error, location)
  }
}

/** The same for content that is read piece by piece. */
export async function* locatedPieces(
  location: SourceLocation,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } catch (error) {
    throw withLocation(error, location)
  }
}

function withLocation(error: unknown, location: SourceLocation): unknown {
  if (!(error instanceof IbuildError) || error.location !== undefined) return error
  const { code, message, hint, cause } = error
  return new IbuildError(code, message, { location, cause, ...(hint !== undefined && { hint }) })
}
