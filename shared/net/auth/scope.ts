/** What a token allows, `TYPE:NAME:ACTION,ACTION`, by resource: `repository:a/b` to `pull`, `push`. */
type Actions = Map<string, Set<string>>

export function repositoryScope(path: string, ...actions: readonly ('pull' | 'push' | 'delete')[]): string {
  return `repository:${path}:${actions.join(',')}`
}

/** All that one or the other allows: one scope for each resource, in order. */
export function mergeScopes(...lists: readonly (readonly string[])[]): string[] {
  const merged: Actions = new Map()
  for (const [resource, actions] of lists.flat().map(splitScope)) {
    merged.set(resource, new Set([...(merged.get(resource) ?? []), ...actions]))
  }
  return [...merged].map(([resource, actions]) => `${resource}:${[...actions].sort(byText).join(',')}`).sort(byText)
}

/** True when what is wanted is among what is granted. */
export function coversScopes(granted: readonly string[], wanted: readonly string[]): boolean {
  const has = new Map(granted.map(splitScope))
  return wanted
    .map(splitScope)
    .every(([resource, actions]) => [...actions].every((action) => has.get(resource)?.has(action)))
}

/** A name may have colons itself: what follows the last one are the actions. */
function splitScope(scope: string): [resource: string, actions: Set<string>] {
  const at = scope.lastIndexOf(':')
  return [
    scope.slice(0, at),
    new Set(
      scope
        .slice(at + 1)
        .split(',')
        .filter(Boolean),
    ),
  ]
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
