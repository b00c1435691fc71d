/** A content of which the beginning was read already. */
export interface HeldStart {
  /** All of the content, when it ended before it was more than was to be held; else undefined. */
  readonly whole: Buffer | undefined
  /** All of the content, once: what is held and then the rest. */
  all(): AsyncGenerator<Uint8Array>
  /** Ends the source, for one who does not read `all` to its end. */
  end(): Promise<void>
}

/** Reads a content until it ends or is more than `mostBytes`; pieces are copied, for their source may use them again. */
export async function holdStart(content: AsyncIterable<Uint8Array>, mostBytes: number): Promise<HeldStart> {
  const source = content[Symbol.asyncIterator]()
  const held: Buffer[] = []
  let size = 0
  let isWhole = false
  while (size <= mostBytes && !isWhole) {
    const next = await source.next()
    isWhole = next.done === true
    if (next.done !== true) size += held[held.push(Buffer.from(next.value)) - 1]?.length ?? 0
  }
  const end = async (): Promise<void> => void (await source.return?.())
  return {
    whole: isWhole ? Buffer.concat(held) : undefined,
    end,
    async *all() {
      try {
        yield* held
        for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value
      } finally {
        await end()
      }
    },
  }
}
