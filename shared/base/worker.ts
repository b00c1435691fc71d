/** The file of a thread or child process of our own, as its neighbour names it: `./gzip-worker.ts`. */
export type WorkerFile = `./${string}-worker.ts`

/**
 * Where the code of a worker is, in a development checkout and in the bundle alike:
 * `new Worker(workerUrl('./gzip-worker.ts', import.meta.url))`.
 *
 * Every source named `*-worker.ts` becomes an entry of the bundle, which is one flat folder of `.js` files: there the file
 * lies beside a module that asks, and above the folder of the command's scripts (`.cjs`). Write both arguments literally: the
 * import table reads them.
 */
export function workerUrl(file: WorkerFile, importMetaUrl: string): URL {
  const url = new URL(file, importMetaUrl)
  if (importMetaUrl.endsWith('.ts')) return url
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1).replace(/\.ts$/, '.js')
  return new URL(importMetaUrl.endsWith('.cjs') ? `../${name}` : `./${name}`, importMetaUrl)
}
