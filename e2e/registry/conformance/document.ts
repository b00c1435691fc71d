// `npm run docs:conformance`: docs/conformance.md from the table of checks and the lists of what others do not keep.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../../scripts/repository.ts'
import type { RegistryProgram } from '../../testing/registry.ts'
import type { Check, Level } from './check.ts'
import { byChance, knownFailures, lacks } from './peers.ts'
import { allChecks, type Workflow, workflows } from './suite.ts'

const head = `# Conformance

What the registry keeps of the OCI distribution-spec (main branch) and of Docker's registry API, sentence by sentence. Each line
below is a check that runs against our server in \`npm run test:peers\`, over plain sockets of \`node:http\`; where a digest is in
play it runs for sha256 and for sha512. The same checks run against distribution 3.1 and docker-registry 2.8: what they are
known not to keep must fail there and everything else must pass, but for the few that are left to chance and not run there.

\`npm run conformance -- http://HOST:PORT\` runs them against any registry. This page is written by \`npm run docs:conformance\`.

**MUST**, **SHOULD** and **MAY** are those of the specification; **Docker** is what only Docker's API asks for, **ours** what we
ask for beyond both. yes: kept; no: not kept; chance: depends on the order of a folder, on neighbours in the store or on time, not run there.
`

const peers: readonly { readonly program: RegistryProgram; readonly title: string }[] = [
  { program: 'distribution', title: 'distribution 3.1' },
  { program: 'docker-registry', title: 'docker-registry 2.8' },
]
const levels: readonly Level[] = ['MUST', 'SHOULD', 'MAY', 'Docker', 'ours']

/** The text of docs/conformance.md. */
export function conformanceDoc(): string {
  return [head, counts(), ...peers.map(whatLacks), provenToFail(), ...workflows.map(workflowTable)].join('\n')
}

function counts(): string {
  const columns = ['ours', ...peers.map(({ title }) => title)]
  const keepers = [(): string => 'yes', ...peers.map(keeperOf)]
  const row = (title: string, checks: readonly Check[]): string => {
    const kept = keepers.map((keeps) => checks.filter((check) => keeps(check) === 'yes').length)
    return line([title, checks.length, ...kept])
  }
  const rows = levels.map((level) =>
    row(
      level,
      allChecks.filter((check) => check.level === level),
    ),
  )
  return `${line(['level', 'checks', ...columns])}${rule(columns.length + 2)}${rows.join('')}${row('all', allChecks)}`
}

function whatLacks({ program, title }: (typeof peers)[number]): string {
  const items = [...lacks(program)].sort(([, a], [, b]) => b - a).map(([what, count]) => `- ${what} (${count})\n`)
  return `What ${title} lacks, and how many checks tell:\n\n${items.join('')}`
}

function provenToFail(): string {
  const failing = new Set(peers.flatMap(({ program }) => [...knownFailures(program)]))
  return `${failing.size} of the ${allChecks.length} checks fail in one of the two or in both: those are known to be able to fail.\n`
}

function workflowTable({ title, checks }: Workflow): string {
  const sections = [...new Set(checks.map(({ section }) => section))]
  return `## ${title}\n\n${sections.map((section) => sectionTable(section, checks)).join('\n')}`
}

function sectionTable(section: string, checks: readonly Check[]): string {
  const own = checks.filter((check) => check.section === section && check.algorithm === 'sha256')
  const rows = own.map((check) => {
    const both = [check, ...allChecks.filter(({ id }) => id === `${check.id}/sha512`)]
    const algorithms = both.length === 2 ? 'both' : ''
    return line([
      `\`${check.id}\``,
      check.level,
      check.says,
      algorithms,
      ...peers.map((peer) => cell(both.map(keeperOf(peer)))),
    ])
  })
  const titles = ['check', 'level', 'the registry', 'digests', ...peers.map(({ title }) => title)]
  return `### ${section}\n\n${line(titles)}${rule(titles.length)}${rows.join('')}`
}

/** What a registry makes of a check: yes, no or chance. */
function keeperOf({ program }: (typeof peers)[number]): (check: Check) => string {
  const [known, chance] = [knownFailures(program), byChance(program)]
  return ({ id }) => (chance.has(id) ? 'chance' : known.has(id) ? 'no' : 'yes')
}

function cell(verdicts: readonly string[]): string {
  const [first = '', second = first] = verdicts
  return first === second ? first : `${first}, sha512 ${second}`
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |\n`
}

function rule(columns: number): string {
  return `|${' --- |'.repeat(columns)}\n`
}

if (import.meta.main) writeFileSync(join(repository, 'docs/conformance.md'), conformanceDoc())
