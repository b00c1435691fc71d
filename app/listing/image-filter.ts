import { BadPattern, goMatch } from '../../builder/context/go-match.ts'
import type { StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseReference, shortName } from '../../shared/base/reference.ts'
import { type Filter, onlyValue, valuesOf } from './filters.ts'
import { matchesLabels } from './label-filter.ts'
import { createdOf, type ImageRow, listImage } from './listed-image.ts'
import { parseTimePoint } from './time-point.ts'

/** Keys of `ibuild images --filter`. */
export const imageFilterKeys: readonly string[] = ['before', 'dangling', 'label', 'reference', 'since', 'until']

export interface FilterContext {
  /** Finds the image that `before` or `since` names; IMAGE_NOT_FOUND when there is none. */
  readonly find: (text: string) => StoredImage
  readonly now: number
}

type Test = (row: ImageRow) => boolean

/**
 * Whether a line of the list passes all filters. Several patterns are alternatives; several labels must all be there; several
 * times must all hold. An image that is damaged has no time and no labels. Errors: USAGE, IMAGE_NOT_FOUND.
 */
export function imageFilter(filters: readonly Filter[], context: FilterContext): Test {
  const labels = valuesOf(filters, 'label')
  const tests: Test[] = [
    ...danglingTests(filters),
    ...referenceTests(valuesOf(filters, 'reference')),
    ...timeTests(filters, context),
    ...(labels.length === 0 ? [] : [(row: ImageRow) => matchesLabels(labelsOf(row), labels)]),
  ]
  return (row) => tests.every((test) => test(row))
}

function danglingTests(filters: readonly Filter[]): Test[] {
  const value = onlyValue(filters, 'dangling')
  if (value === undefined) return []
  const [yes, no] = [/^(?:1|t|true)$/i, /^(?:0|f|false)$/i]
  if (!yes.test(value) && !no.test(value)) {
    throw new IbuildError('USAGE', `--filter: dangling is true or false, not ${JSON.stringify(value)}`)
  }
  return [({ name }) => (name === undefined) === yes.test(value)]
}

function referenceTests(patterns: readonly string[]): Test[] {
  if (patterns.length === 0) return []
  for (const pattern of patterns) matches(pattern, '')
  return [({ name }) => name !== undefined && patterns.some((pattern) => matchesReference(pattern, name))]
}

/** Docker's: the pattern fits the short name with or without its tag. Here it may fit the full name too. */
function matchesReference(pattern: string, full: string): boolean {
  const withoutTag = ({ domain, path }: ReturnType<typeof parseReference>): string => `${domain}/${path}`
  const bare = withoutTag(parseReference(full))
  const candidates = [shortName(full), shortName(bare), full, bare]
  return candidates.some((name) => matches(pattern, name))
}

function matches(pattern: string, name: string): boolean {
  try {
    return goMatch(pattern, name)
  } catch (cause) {
    if (!(cause instanceof BadPattern)) throw cause
    throw new IbuildError('USAGE', `${JSON.stringify(pattern)} is not a pattern`, {
      cause,
      hint: 'A [ needs its ], and a backslash something behind it.',
    })
  }
}

/** All strict: the image named is not in the list. */
function timeTests(filters: readonly Filter[], { find, now }: FilterContext): Test[] {
  const timeOf = (text: string): number => createdOf(listImage(find(text))) ?? Number.NaN
  const before = (limit: number) => (row: ImageRow) => (createdOf(row) ?? Number.NaN) < limit
  return [
    ...valuesOf(filters, 'before').map((text) => before(timeOf(text))),
    ...valuesOf(filters, 'until').map((text) => before(parseTimePoint(text, '--filter until', now))),
    ...valuesOf(filters, 'since').map((text) => {
      const limit = timeOf(text)
      return (row: ImageRow) => (createdOf(row) ?? Number.NaN) > limit
    }),
  ]
}

function labelsOf({ image, known }: ImageRow): Readonly<Record<string, string>> | undefined {
  return known instanceof IbuildError ? undefined : image.config.config?.Labels
}
