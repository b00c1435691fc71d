import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { jsonText } from './json-text.ts'

export type OutputFormat = 'table' | 'json' | 'yaml'

interface FormatFlags {
  readonly format?: string
  readonly json?: boolean
}

/**
 * The format that `--format` or `--json` asks for, else the first of those that the command has. Errors: USAGE, with the way
 * round for a template of Go.
 */
export function parseFormat(flags: FormatFlags, known: readonly [OutputFormat, ...OutputFormat[]]): OutputFormat {
  const asked = flags.format ?? (flags.json === true ? 'json' : known[0])
  if (flags.json === true && asked !== 'json') throw new IbuildError('USAGE', '--json and --format differ')
  const found = known.find((format) => format === asked)
  if (found !== undefined) return found
  const shown = JSON.stringify(asked.slice(0, 80))
  if (asked.includes('{{')) {
    throw new IbuildError('USAGE', `--format: templates are not supported: ${shown}`, {
      hint: `The formats are ${known.join(', ')}; ibuild inspect --path config.config.Env prints one member.`,
    })
  }
  const similar = suggest(asked, known)
  const meant = similar === undefined ? '' : `Did you mean ${similar}? `
  throw new IbuildError('USAGE', `--format: unknown format ${shown}`, {
    hint: `${meant}The formats are ${known.join(', ')}.`,
  })
}

/** Plain data as JSON or YAML, with a line feed at the end. */
export async function dataText(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return jsonText(value)
  const { yamlText } = await import('../../shared/config/yaml-text.ts')
  return yamlText(value)
}
