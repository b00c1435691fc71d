import { bytesOf } from '../context/byte-text.ts'
import type { SelectRequest } from './types.ts'

/** A destination: absolute, as written behind the working directory, and whether it was written as a directory. */
export interface Destination {
  readonly path: string
  readonly isDirectory: boolean
}

/** `dest/`, `dest/.`, `.`, `..` and the empty word name a directory (1.9 C05). */
export function destinationOf({ destination, workdir }: Pick<SelectRequest, 'destination' | 'workdir'>): Destination {
  const word = bytesOf(destination)
  const path = word.startsWith('/') ? word : `${bytesOf(workdir)}/${word}`
  return { path, isDirectory: /(?:^|\/)\.{0,2}$/.test(word) }
}
