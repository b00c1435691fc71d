type Done<T> = (error: Error | null | undefined, value?: T) => void

/** Waits for a call of `node:fs`. Its callback form takes no handle objects and half the time of `fs.promises`. */
export async function settle<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without an error there is the value
    start((error, value) => (error ? reject(error) : resolve(value as T)))
  })
}
