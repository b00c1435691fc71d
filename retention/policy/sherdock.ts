import { BadPattern } from '../../shared/base/name-pattern.ts'
import { isPlainObject } from '../../shared/config/kinds.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'
import { fieldsOf, listOf, shown } from './guards.ts'
import { imageName } from './image-name.ts'
import { patternOf } from './patterns.ts'
import { note, type Place, type Read, startOfDocument } from './place.ts'
import type { PolicyProblem } from './problem.ts'
import { withLines } from './problem-lines.ts'
import { parseRegex } from './regex.ts'
import { anyPart, type OtherKeys, type SherdockConfig, sherdockPolicy } from './sherdock-policy.ts'
import { everyMinutes } from './values.ts'

const keys = ['GCIntervalMinutes', 'PullIntervalMinutes', 'ImagesToPull', 'ImagesToNotGC'] as const
const [largest, mostImages] = [64 * 1024, 90]

/**
 * The text of a policy that deletes what Sherdock would have deleted by its config.yml, with comments on what came from where; its mode is
 * dryRun, if `others` does not say what the policy has besides. What Sherdock took for "delete" though nobody meant it is a problem here: a
 * pattern that is none, a list that is missing.
 */
export function importSherdock(
  text: string,
  others?: OtherKeys,
): { readonly text: string } | { readonly problems: readonly PolicyProblem[] } {
  if (Buffer.byteLength(text) > largest)
    return { problems: [{ path: '', message: `is larger than ${largest / 1024} KiB` }] }
  const parsed = parseYaml(text)
  if ('problem' in parsed) return { problems: [{ path: '', message: parsed.problem, line: parsed.line }] }
  const place = startOfDocument()
  const config = readConfig(withKnownCase(parsed.value), place)
  const { problems } = place.findings
  if (config !== undefined && problems.length === 0) return { text: sherdockPolicy(config, others) }
  return { problems: withLines(problems, text) }
}

/** The YAML library that Sherdock used wrote keys in lower case. */
function withKnownCase(value: unknown): unknown {
  if (!isPlainObject(value)) return value
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [known.get(key.toLowerCase()) ?? key, one]))
}

function readConfig(value: unknown, place: Place): SherdockConfig | undefined {
  const fields = fieldsOf(value, place, keys)
  if (fields === undefined) return undefined
  const minutes = (key: (typeof keys)[number], standard: number): number =>
    (fields.get(key, everyMinutes) ?? standard * 60_000) / 60_000
  const pull = fields.get('ImagesToPull', listOf(imageName, mostImages)) ?? []
  if (!fields.has('ImagesToNotGC')) {
    return note(place, 'has no ImagesToNotGC: Sherdock would have deleted every image. Write [".*"] to keep all')
  }
  const keep = fields.get('ImagesToNotGC', listOf(keptPattern, mostImages)) ?? []
  if (keep.length + pull.length + place.findings.problems.length === 0)
    note(place, 'keeps no image at all: write [".*"] as ImagesToNotGC to keep all')
  return { gcMinutes: minutes('GCIntervalMinutes', 5), pullMinutes: minutes('PullIntervalMinutes', 60), pull, keep }
}

const keptPattern: Read<string> = (value, place) => {
  if (typeof value !== 'string') return note(place, `expected a pattern, found ${shown(value)}: put it in quotes`)
  try {
    parseRegex(value, place.path)
    return patternOf('regex')(anyPart(value), place) && value
  } catch (error) {
    if (error instanceof BadPattern)
      return note(place, `${error.message}. Sherdock deleted what only such a pattern would have kept`)
    throw error
  }
}
