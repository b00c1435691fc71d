import { commands } from './command-table.ts'

/** The text of `ibuild --help`. */
export function helpText(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'Usage: ibuild [build] -t NAME [options] PATH|-',
    '       ibuild COMMAND [options]',
    '',
    'Builds content-addressed OCI and Docker images; each RUN executes in runc or crun.',
    '',
    'Commands:',
    ...rows,
    '',
    'ibuild COMMAND --help tells more. --root DIR or IBUILD_ROOT names the data folder.',
    '',
  ].join('\n')
}
