/** A layer's index as `encodeLayerIndex` makes it: the bytes, or a file in a folder of `Store.temp`, which is moved in. */
export type EncodedIndex = Uint8Array | { readonly file: string }
