import { untilAborted } from '../../shared/base/abort.ts'
import { LayerContents } from './content.ts'
import type { Content } from './create-entry.ts'
import type { LayerEntry } from './entry.ts'
import type { LayerRef } from './layer-ref.ts'

/** Contents of the files of a stack of layers; tars stay open until it is closed. */
export class StackContents {
  readonly #layers: readonly LayerRef[]
  readonly #signal: AbortSignal | undefined
  readonly #scratch: Buffer | undefined
  readonly #open = new Map<number, LayerContents>()

  /** After an abort of `signal` the reading of a content stops with its reason. For `scratch` see {@link LayerContents}. */
  constructor(layers: readonly LayerRef[], signal?: AbortSignal, scratch?: Buffer) {
    this.#layers = layers
    this.#signal = signal
    this.#scratch = scratch
  }

  /** The content of an entry of the layer of that number; see {@link LayerContents.read}. */
  of(layer: number, entry: LayerEntry): Content {
    const content = this.#contentsOf(layer).read(entry)
    return content instanceof Uint8Array || this.#signal === undefined ? content : untilAborted(content, this.#signal)
  }

  #contentsOf(layer: number): LayerContents {
    const known = this.#open.get(layer)
    if (known !== undefined) return known
    const ref = this.#layers[layer]
    if (ref === undefined) throw new RangeError(`no layer ${layer} in a stack of ${this.#layers.length}`)
    const contents = new LayerContents(ref.bytes, this.#scratch)
    this.#open.set(layer, contents)
    return contents
  }

  close(): void {
    for (const contents of this.#open.values()) contents.close()
    this.#open.clear()
  }
}
