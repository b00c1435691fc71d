/** Lines of a failed step that its error shows. */
const maxLines = 20
/** Bytes kept while the step runs, whatever it prints. */
const maxBytes = 64 * 1024

export interface OutputTail {
  add(bytes: Uint8Array): void
  /** The last lines, without empty ones at the end. */
  lines(): string[]
}

/** Remembers the end of what a command prints, in bounded memory. */
export function createOutputTail(): OutputTail {
  const kept: Buffer[] = []
  let size = 0
  return {
    add(bytes) {
      kept.push(Buffer.from(bytes))
      size += bytes.length
      while (kept.length > 1 && size - (kept[0]?.length ?? 0) >= maxBytes) size -= kept.shift()?.length ?? 0
    },
    lines() {
      const text = Buffer.concat(kept).subarray(-maxBytes).toString('utf8').trimEnd()
      return text === '' ? [] : text.split('\n').slice(-maxLines).map(lastState)
    },
  }
}

/** What a line shows in the end when it overwrites itself with carriage returns. */
function lastState(line: string): string {
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? ''
}
