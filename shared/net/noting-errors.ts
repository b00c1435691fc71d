/** Keeps an error of what is sent, which otherwise looks like one of the connection. */
export async function* notingErrors(
  source: AsyncIterable<Uint8Array>,
  failures: unknown[],
): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } catch (error) {
    failures.push(error)
    throw error
  }
}
