import { isUtf8 } from 'node:buffer'

/** A piece of output as JSON can carry it: as text where it is UTF-8, else its bytes in base64. */
export type OutputPiece = { readonly text: string } | { readonly base64: string }

/** Turns output that comes in pieces into text without cutting a character. All pieces together are exactly the output. */
export interface Utf8Pieces {
  /** Undefined while there is only the start of a character. */
  add(bytes: Uint8Array): OutputPiece | undefined
  /** What is left when the output ends: a character that was never completed. */
  end(): OutputPiece | undefined
}

/** Starts with no output. */
export function createUtf8Pieces(): Utf8Pieces {
  let rest: Uint8Array = new Uint8Array()
  return {
    add(bytes) {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      const whole = all.length - openLength(all)
      rest = Buffer.from(all.subarray(whole))
      return pieceOf(all.subarray(0, whole))
    },
    end() {
      const left = rest
      rest = new Uint8Array()
      return pieceOf(left)
    },
  }
}

function pieceOf(bytes: Uint8Array): OutputPiece | undefined {
  if (bytes.length === 0) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isUtf8(buffer) ? { text: buffer.toString('utf8') } : { base64: buffer.toString('base64') }
}

/** Bytes at the end that begin a character which goes on in the next piece. */
function openLength(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const wanted = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return wanted > length && byte < 0xf8 ? length : 0
  }
  return 0
}
