import { isAscii } from 'node:buffer'

/** JSON for a person or a script, indented, with a line feed at the end and without control characters. */
export function jsonText(value: unknown): string {
  return `${escapeControls(JSON.stringify(value, undefined, 2))}\n`
}

/** The same on one line, for streams of JSON. */
function jsonLine(value: unknown): string {
  return `${escapeControls(JSON.stringify(value))}\n`
}

/** A stream of JSON: a line for each item, as it comes. */
export async function* jsonLines(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const item of items) yield jsonLine(item)
}

/** The same of what is JSON already: whole lines, as text or as bytes. */
export async function* jsonPieces(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  for await (const piece of pieces) yield typeof piece === 'string' ? escapeControls(piece) : escapedBytes(piece)
}

function escapedBytes(bytes: Uint8Array): string | Uint8Array {
  if (isAscii(bytes) && !bytes.includes(0x7f)) return bytes
  return escapeControls(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
}

/** DEL and the C1 controls, which JSON lets through and a terminal acts on, escaped like the other control characters. */
export function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}
