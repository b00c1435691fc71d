/**
 * What to write instead of a regular expression, or of one of its alternatives, that has `^` or `$` at one side only and does not say what
 * comes at the other: elsewhere `^prod/` is all that begins so, here it would fit nothing but `prod/` itself. Undefined when all is said.
 */
export function halfAnchored(regex: string): string | undefined {
  const flags = /^\(\?[a-zA-Z-]+\)/.exec(regex)?.[0] ?? ''
  return alternatives(regex.slice(flags.length))
    .map((one) => unlessWhole(one))
    .find((advice) => advice !== undefined)
}

function unlessWhole(text: string): string | undefined {
  const inner = groupAround(text)
  if (inner !== undefined) return halfAnchored(inner)
  const [isStart, isEnd] = [/^(?:\^|\\A)/.test(text), /(?<!\\)(?:\\\\)*(?:\$|\\z)$/.test(text)]
  if (isStart && !isEnd && !/(?<!\\)(?:\\\\)*\.[*+]\??\)*$/.test(text))
    return `write ${text}.* for all that begins so, or ${text}$ for that alone`
  if (isEnd && !isStart && !/^(?:\((?:\?:|\?P?<\w+>)?)*\.[*+]/.test(text))
    return `write .*${text} for all that ends so, or ^${text} for that alone`
  return undefined
}

/** What a group has inside that is the whole text. */
function groupAround(text: string): string | undefined {
  const start = /^\((?:\?(?:[a-zA-Z-]*:|P?<\w+>))?/.exec(text)?.[0]
  if (start === undefined) return undefined
  const closed = [...outside(text)].find(({ depth, at }) => depth === 0 && at > 0)
  return closed?.at === text.length - 1 ? text.slice(start.length, -1) : undefined
}

function alternatives(text: string): readonly string[] {
  const bars = [...outside(text)].filter(({ depth, at }) => depth === 0 && text[at] === '|').map(({ at }) => at)
  return [-1, ...bars].map((bar, i) => text.slice(bar + 1, bars[i]))
}

/** Each element that is in no class and no quotation: where it is, and in how many groups after it. */
function* outside(text: string): Generator<{ readonly at: number; readonly depth: number }> {
  const element = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]])*\]|[^]/g
  let depth = 0
  for (const { 0: found, index: at } of text.matchAll(element)) {
    if (found === '(') depth++
    if (found === ')') depth--
    yield { at, depth }
  }
}
