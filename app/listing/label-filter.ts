/** True when the labels have all of `wanted` and none of `unwanted`; each is `KEY` or `KEY=VALUE`. */
export function matchesLabels(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: readonly string[],
  unwanted: readonly string[] = [],
): boolean {
  return wanted.every((word) => hasLabel(labels, word)) && !unwanted.some((word) => hasLabel(labels, word))
}

function hasLabel(labels: Readonly<Record<string, string>> | undefined, word: string): boolean {
  const at = word.indexOf('=')
  const key = at < 0 ? word : word.slice(0, at)
  if (labels === undefined || !Object.hasOwn(labels, key)) return false
  return at < 0 || labels[key] === word.slice(at + 1)
}
