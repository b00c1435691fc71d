const [mostCharacters, mostExpanded] = [255, 64]

/**
 * What is wrong with a pattern of `name-pattern.ts` when it is for names of repositories, as the end of a sentence; undefined when
 * nothing is. What could fit no name is a mistake: a rule that grants nothing, though somebody thinks that it does.
 */
export function problemOfPattern(pattern: string): string | undefined {
  if (pattern === '') return 'is empty'
  if (pattern.length > mostCharacters) return `has more than ${mostCharacters} characters`
  if (/[A-Z]/.test(pattern)) return 'has capital letters, and names have none'
  const odd = /[^a-z\d._/*?{},[\]!^-]/u.exec(pattern)?.[0]
  if (odd !== undefined) return `has ${JSON.stringify(odd)}, which is in no name`
  if (pattern.includes('..')) return 'has two dots together, which are in no name'
  if (/^\/|\/$|\/\//.test(pattern)) return 'has a / at an end, or two together: names have none'
  return problemOfBraces(pattern) ?? problemOfClasses(pattern)
}

/** More alternatives than are expanded would be left out without a word. */
function problemOfBraces(pattern: string): string | undefined {
  if (!/^(?:\{\})*$/.test(pattern.replaceAll(/[^{}]/g, ''))) return 'has braces in one another, or one alone'
  if (/,(?![^{]*\})/.test(pattern)) return 'has a comma that is in no braces'
  const choices = [...pattern.matchAll(/\{([^}]*)\}/g)].map(([, inner = '']) => inner.split(',').length)
  if (choices.includes(1)) return 'has braces with one choice'
  const expanded = choices.reduce((all, count) => all * count, 1)
  return expanded > mostExpanded ? `stands for more than ${mostExpanded} patterns` : undefined
}

function problemOfClasses(pattern: string): string | undefined {
  const rest = pattern.replaceAll(/\[[!^]?[a-z\d._-]+\]/g, 'x')
  return /[[\]!^]/.test(rest) ? 'has [, ], ! or ^ other than in a class such as [a-c] or [!a]' : undefined
}
