const maxMessage = 4096

/**
 * What kept the runtime from running the command, from its log (a JSON object on each line): the first error; undefined
 * when there is none, which means that the command itself ran.
 */
export function runtimeFailure(log: string): string | undefined {
  for (const line of log.split('\n')) {
    const message = errorOf(line)
    if (message !== undefined) return message.slice(0, maxMessage)
  }
  return undefined
}

function errorOf(line: string): string | undefined {
  if (line.trim() === '') return undefined
  const entry = parseEntry(line)
  if (entry === undefined) return line
  return entry.level === 'error' || entry.level === 'fatal' ? entry.message : undefined
}

function parseEntry(line: string): { readonly level: string; readonly message: string } | undefined {
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown } | null
    return { level: String(entry?.level), message: String(entry?.msg) }
  } catch {
    return undefined
  }
}
