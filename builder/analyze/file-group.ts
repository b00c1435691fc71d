import { type LayerPath, parentOf } from '../layers/entry.ts'
import { isWithin } from '../layers/index-types.ts'
import type { FileSize } from './types.ts'

const mostExamples = 5

/** Files that one finding is about: their number and bytes, where they lie, and the largest of them. */
export class FileGroup {
  files = 0
  bytes = 0
  readonly examples: FileSize[] = []
  #directory: LayerPath | undefined

  get directory(): LayerPath {
    return this.#directory ?? ''
  }

  add(file: FileSize): void {
    this.files++
    this.bytes += file.bytes
    this.#directory ??= parentOf(file.path)
    while (!isWithin(this.#directory, file.path)) this.#directory = parentOf(this.#directory)
    this.#keepLargest(file)
  }

  #keepLargest(file: FileSize): void {
    const last = this.examples[mostExamples - 1]
    if (last !== undefined && last.bytes >= file.bytes) return
    const at = this.examples.findIndex((other) => other.bytes < file.bytes)
    this.examples.splice(at < 0 ? this.examples.length : at, 0, file)
    if (this.examples.length > mostExamples) this.examples.pop()
  }
}

/** A value that is the same in all that was seen. */
export class Uniform<T> {
  #value: T | undefined
  #state: 'nothing' | 'same' | 'different' = 'nothing'

  see(value: T): void {
    if (this.#state === 'nothing') this.#value = value
    else if (this.#value !== value) this.#state = 'different'
    if (this.#state === 'nothing') this.#state = 'same'
  }

  /** Undefined when there were several. */
  get value(): T | undefined {
    return this.#state === 'same' ? this.#value : undefined
  }
}
