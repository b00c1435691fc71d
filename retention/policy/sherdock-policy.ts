import { parseRegex } from './regex.ts'

/** A config.yml of Sherdock, with what it took for keys that are not there. */
export interface SherdockConfig {
  readonly gcMinutes: number
  readonly pullMinutes: number
  readonly pull: readonly string[]
  /** Patterns that fit a part of `REPOSITORY:TAG`. */
  readonly keep: readonly string[]
}

/** Keys of a policy that a config.yml of Sherdock says nothing of. */
export type OtherKeys = Readonly<Record<string, unknown>>

/**
 * The policy of a config.yml of Sherdock, with comments for whoever goes on with it. Texts are written as JSON, which is YAML. `others` come in
 * the place of mode and limits as an import has them.
 */
export function sherdockPolicy({ gcMinutes, pullMinutes, pull, keep }: SherdockConfig, others?: OtherKeys): string {
  const patterns = [
    ...keep.map((pattern) => ({ pattern: anyPart(pattern), from: 'ImagesToNotGC' })),
    ...pull.map((image) => ({ pattern: anyPart(image), from: 'ImagesToPull: Sherdock kept these, too' })),
  ]
  return [
    '# From a config.yml of Sherdock. Look at a preview of it before it is put in force.',
    'version: 1',
    '# Sherdock deleted each image that no pattern kept, unless a container had it.',
    'default: delete',
    ...(others === undefined ? usualLines : linesOf(others)),
    'schedule:',
    `  everyMinutes: ${gcMinutes} # GCIntervalMinutes`,
    'policies:',
    '  - id: sherdock',
    '    # As in Sherdock, a part of REPOSITORY:TAG that fits is enough. Each tag is looked at by itself: the content stays while one does.',
    '    images:',
    '      keep:',
    ...patterns.map(({ pattern, from }) => `        - ${JSON.stringify(pattern)} # ${from}`),
    ...untaggedLines(patterns.map(({ pattern }) => pattern)),
    ...mirrorLines(pull, pullMinutes),
    '',
  ].join('\n')
}

const usualLines: readonly string[] = [
  '# Nothing is removed as long as this is dryRun: choose propose or enforce to remove.',
  'mode: dryRun',
  '# Sherdock knew no limits. Without these lines there are some.',
  'limits:',
  ...['maxTags: none', 'maxPercentPerRepo: none', 'minRemainingPerRepo: 0'].map((line) => `  ${line}`),
]

function linesOf(others: OtherKeys): readonly string[] {
  return Object.entries(others).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
}

/** Patterns of Sherdock fit anywhere in a text; here they must fit the whole. */
export function anyPart(pattern: string): string {
  return `.*(?:${pattern}).*`
}

/** Docker told `<none>:<none>` for images without a name, and Sherdock matched it as any other. */
function untaggedLines(patterns: readonly string[]): readonly string[] {
  if (patterns.some((pattern) => parseRegex(pattern, '').matches('<none>:<none>'))) {
    return ['    # Images without a name stay: a pattern fits <none>:<none>.']
  }
  return ['    # No pattern fits <none>:<none>, so that images without a name go.', '    untagged: { olderThan: 0 }']
}

function mirrorLines(pull: readonly string[], minutes: number): readonly string[] {
  if (pull.length === 0) return []
  return [
    '# ImagesToPull, PullIntervalMinutes',
    'mirror:',
    ...pull.map((image) => `  - { image: ${JSON.stringify(image)}, everyMinutes: ${minutes} }`),
  ]
}
