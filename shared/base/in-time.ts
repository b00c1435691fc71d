/** What the work comes to, or `late` when that takes longer; the work goes on. Rejects when the work does in time. */
export async function inTime<T, Late>(work: Promise<T>, milliseconds: number, late: Late): Promise<T | Late> {
  const over = Promise.withResolvers<Late>()
  const timer = setTimeout(() => over.resolve(late), milliseconds)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
  }
}
