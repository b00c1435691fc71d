export interface Ticking {
  readonly tick: () => Promise<unknown>
  /** Milliseconds to the first one. */
  readonly first: number
  /** Milliseconds from the end of one to the next. */
  readonly pause: () => number
  readonly onFailure: (error: unknown) => void
}

/** Does something again and again, never two at once, and keeps no process alive by that. The result ends it. */
export function startTicking({ tick, first, pause, onFailure }: Ticking): () => void {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const after = (time: number): void => {
    if (!isStopped) timer = setTimeout(() => void turn(), time).unref()
  }
  const turn = async (): Promise<void> => {
    try {
      await tick()
    } catch (error) {
      onFailure(error)
    }
    after(pause())
  }
  after(first)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
