/** What the progress said of a step. */
export interface StepOutcome {
  /** As in the Dockerfile, without its place: `RUN make`. */
  readonly instruction: string
  /** `same`: executed, with the result of an earlier run. */
  readonly outcome: 'cached' | 'done' | 'same' | 'failed'
  /** Why it was not in the cache, if it said so. */
  readonly reason: string | undefined
}

/** The steps of a build in the order of their numbers, read from its plain progress. */
export function outcomesOf(progress: string): StepOutcome[] {
  const numbers = [...progress.matchAll(/^#(\d+) \[[^\]]*\] /gm)].map(([, number = '']) => number)
  return numbers.map((number) => {
    const lines = progress.split('\n').filter((line) => line.startsWith(`#${number} `))
    const texts = lines.map((line) => line.slice(number.length + 2))
    return {
      instruction: (texts[0] ?? '').replace(/^\[[^\]]*\] /, ''),
      outcome: outcomeOf(texts),
      reason: texts.find((text) => text.startsWith('MISS '))?.slice('MISS '.length),
    }
  })
}

function outcomeOf(texts: readonly string[]): StepOutcome['outcome'] {
  if (texts.includes('CACHED')) return 'cached'
  const done = texts.find((text) => text.startsWith('DONE '))
  if (done === undefined) return 'failed'
  return done.includes('same result as before') ? 'same' : 'done'
}
