/**
 * Does requests together that came while others were worked on: one batch at a time. When `work` fails, all of its batch do; it gives a
 * result for each request, in their order.
 */
export function inBatches<Request, Result>(
  work: (requests: readonly Request[]) => Promise<readonly Result[]>,
): (request: Request) => Promise<Result> {
  let turn: Promise<unknown> = Promise.resolve()
  let waiting: { readonly requests: Request[]; readonly results: Promise<readonly Result[]> } | undefined
  const begin = (): { readonly requests: Request[]; readonly results: Promise<readonly Result[]> } => {
    const requests: Request[] = []
    const results = turn.then(async () => {
      waiting = undefined
      return work(requests)
    })
    turn = results.catch(() => undefined)
    return { requests, results }
  }
  return async (request) => {
    waiting ??= begin()
    const { requests, results } = waiting
    const place = requests.push(request) - 1
    const found = (await results)[place]
    if (found === undefined) throw new Error(`no result for request ${place} of ${requests.length}`)
    return found
  }
}
