import { isBuiltin } from 'node:module'
import { dirname } from 'node:path/posix'
import { chainTo, type Edge, edgesOf, isTest, isWithin } from './import-graph.ts'
import type { ImportTable } from './import-table.ts'
import type { Source } from './read-source.ts'

/** All that breaks the table, one sentence each, with the chain of files that leads there. */
export function checkImports(sources: readonly Source[], table: ImportTable): readonly string[] {
  const edges = edgesOf(sources)
  const explain = (edge: Edge, reason: string): string => {
    const chain = [...chainTo(edge.from, edges, ['app/main.ts', 'app/index.ts']), edge.to].join(' -> ')
    return `${edge.from}:${edge.line} ${reason}\n    ${chain}`
  }
  return [
    ...sources
      .filter(({ path }) => roomOf(path, table) === undefined)
      .map(({ path }) => `${path} lies in no room of the table`),
    ...edges.flatMap((edge) => breaches(edge, table).map((reason) => explain(edge, reason))),
    ...secondDoors(edges, table),
    ...reservedGlobals(sources, table),
    ...lonely(sources, edges, table),
  ]
}

function breaches(edge: Edge, table: ImportTable): readonly string[] {
  if (edge.to === '')
    return isTest(edge.from) || isScript(edge.from)
      ? []
      : ['imports something that is computed, so nobody can tell what']
  const reserved = Object.hasOwn(table.reserved, edge.to) ? [edge.to] : []
  const misuse = reserved.filter((name) => !mayUse(edge.from, name, table)).map((name) => `may not import ${name}`)
  if (isBuiltin(edge.to)) return edge.to.startsWith('node:') ? misuse : [`writes ${edge.to} without node:`]
  return edge.target.startsWith('.') ? fileBreaches(edge, table) : packageBreaches(edge, table)
}

function fileBreaches({ from, to, kind }: Edge, table: ImportTable): readonly string[] {
  const room = roomOf(from, table)
  if (room === undefined || !to.endsWith('.ts')) return []
  if (isTest(to) && !isTest(from) && !isScript(from)) return ['imports what is only for tests']
  const { imports, types = [] } = table.rooms[room] ?? { imports: [] }
  const allowed = [
    room,
    ...imports,
    ...(kind === 'type' ? types : []),
    ...(from.endsWith('.test.ts') ? ['e2e/testing'] : []),
  ]
  if (allowed.some((row) => isInRow(to, row))) return []
  const told = types.some((row) => isInRow(to, row)) ? ', only its types' : ''
  return [`may not import ${roomOf(to, table) ?? to}: ${room} imports ${imports.join(', ') || 'nothing'}${told}`]
}

function packageBreaches({ from, to }: Edge, table: ImportTable): readonly string[] {
  const door = table.doorways[to]
  if (door !== undefined)
    return isTest(from) || isScript(from) || isWithin(from, door)
      ? []
      : [`may not import ${to}: its doorway is in ${door}`]
  if (!table.tools.includes(to)) return [`imports the package ${to}, which the table does not name`]
  return isTest(from) || isScript(from) ? [] : [`may not import ${to}, which is for tests and scripts`]
}

/** Each third-party package has one doorway file. */
function secondDoors(edges: readonly Edge[], table: ImportTable): readonly string[] {
  return Object.keys(table.doorways).flatMap((name) => {
    const files = new Set(
      edges.filter(({ from, to }) => to === name && !isTest(from) && !isScript(from)).map(({ from }) => from),
    )
    return files.size < 2 ? [] : [`${name} has more than one doorway: ${[...files].join(', ')}`]
  })
}

function reservedGlobals(sources: readonly Source[], table: ImportTable): readonly string[] {
  return sources.flatMap(({ path, globals }) =>
    globals.flatMap(({ name, line }) => {
      const key = name.startsWith('console.') ? 'console.*' : name
      const wrong = Object.hasOwn(table.reserved, key) && !mayUse(path, key, table)
      return wrong ? [`${path}:${line} may not use ${name}`] : []
    }),
  )
}

function mayUse(path: string, name: string, table: ImportTable): boolean {
  return isTest(path) || (table.reserved[name] ?? []).some((row) => isInRow(path, row))
}

/** A file in shared/ is there because two rooms use it, directly or through other shared files. */
function lonely(sources: readonly Source[], edges: readonly Edge[], table: ImportTable): readonly string[] {
  const importers = importersOf(edges)
  return sources.flatMap(({ path }) => {
    if (!isWithin(path, 'shared') || isTest(path) || table.unshared.some((folder) => isWithin(path, folder))) return []
    const users = usersOf(path, importers, table)
    const awaited = table.waiting[path]
    if (users.size >= 2)
      return awaited === undefined ? [] : [`${path} no longer waits for ${awaited}: strike it from the table`]
    if (awaited !== undefined && !sources.some((source) => isWithin(source.path, awaited))) return []
    return [
      `${path} is used by ${[...users].join() || 'no room'} only: it belongs there${awaited === undefined ? '' : `, ${awaited} does not use it`}`,
    ]
  })
}

/** For each path the files that import it and are no tests. */
type Importers = ReadonlyMap<string, ReadonlySet<string>>

function importersOf(edges: readonly Edge[]): Importers {
  const importers = new Map<string, Set<string>>()
  for (const { from, to } of edges) {
    if (!isTest(from)) importers.set(to, (importers.get(to) ?? new Set()).add(from))
  }
  return importers
}

function usersOf(file: string, importers: Importers, table: ImportTable): ReadonlySet<string> {
  const reached = new Set([file])
  for (const to of reached) for (const from of importers.get(to) ?? []) reached.add(from)
  const shared = [...reached].filter((path) => isWithin(path, 'shared'))
  const users = shared.flatMap((path) => [...(importers.get(path) ?? [])].map(topOf))
  return new Set(users.filter((room) => table.sharers.includes(room)))
}

/** The row of the table for a file: the longest that contains it. */
function roomOf(path: string, table: ImportTable): string | undefined {
  const rows = Object.keys(table.rooms).filter((row) => isInRow(path, row))
  return rows.sort((a, b) => b.length - a.length)[0]
}

function isInRow(path: string, row: string): boolean {
  return row.endsWith('/*') ? dirname(path) === row.slice(0, -2) : isWithin(path, row)
}

function isScript(path: string): boolean {
  return isWithin(path, 'scripts') || isWithin(path, 'bench')
}

function topOf(path: string): string {
  return path.slice(0, path.indexOf('/'))
}
