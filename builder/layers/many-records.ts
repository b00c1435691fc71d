import { channel } from 'node:diagnostics_channel'

/** From so many on, what short-lived objects leave behind shows in the memory of the process. */
export const manyRecords = 4096

const told = channel('ibuild.many-records')

/**
 * Tells who runs this process that work on many small records has begun, or is about to. The `ibuild` command then keeps
 * its heap small, see bin/ibuild.cjs; a program that uses the library decides for itself.
 */
export function tellManyRecords(): void {
  told.publish(undefined)
}

/** Tells it when one of these layers has many, and all of it is about to be read. */
export function tellManyIn(
  layers: readonly { readonly index: { readonly totals: { readonly entries: number } } }[],
): void {
  if (layers.some(({ index }) => index.totals.entries >= manyRecords)) tellManyRecords()
}
