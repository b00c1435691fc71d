import { LayerContents } from './content.ts'
import type { Content } from './create-entry.ts'
import type { LayerEntry } from './entry.ts'
import type { LayerRef } from './layer-ref.ts'

/** Contents of the files of a stack of layers; tars stay open until it is closed. */
export class StackContents {
  readonly #layers: readonly LayerRef[]
  readonly #open = new Map<number, LayerContents>()

  constructor(layers: readonly LayerRef[]) {
    this.#layers = layers
  }

  /** The content of an entry of the layer of that number; see {@link LayerContents.read}. */
  of(layer: number, entry: LayerEntry): Content {
    const known = this.#open.get(layer)
    if (known !== undefined) return known.read(entry)
    const ref = this.#layers[layer]
    if (ref === undefined) throw new RangeError(`no layer ${layer} in a stack of ${this.#layers.length}`)
    const contents = new LayerContents(ref.bytes)
    this.#open.set(layer, contents)
    return contents.read(entry)
  }

  close(): void {
    for (const contents of this.#open.values()) contents.close()
    this.#open.clear()
  }
}
