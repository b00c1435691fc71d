/** Tells whether anything happened to a key since a moment, for as many keys as there are, in a fixed space. */
export interface Stamps {
  /** Of the key as it is now. */
  of(key: string): number
  /** Something happened to the key: it has another stamp, and so have a few others. */
  renew(key: string): void
  renewAll(): void
}

/** As many counters as keys share: of what is read during one write, one in so many is taken for written. */
const count = 1024

export function createStamps(): Stamps {
  const stamps = new Float64Array(count)
  return {
    of: (key) => stamps[placeOf(key)] ?? 0,
    renew: (key) => {
      const place = placeOf(key)
      stamps[place] = (stamps[place] ?? 0) + 1
    },
    renewAll: () => {
      for (const [place, stamp] of stamps.entries()) stamps[place] = stamp + 1
    },
  }
}

function placeOf(key: string): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0
  return (hash >>> 0) % count
}
