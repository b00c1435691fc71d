import type { PlanOptions, PreviewOptions } from '../run/types.ts'
import { type NamedShape, named, object, optional } from './object-shape.ts'
import { integer, list, type Shape, text, time, word } from './shape.ts'
import type { InUse, InUseReport } from './types.ts'

const anyPolicyText = text({ longest: 1024 * 1024, about: 'YAML or JSON, 256 KiB at most.' })

/** The text of a policy. */
export const policyText: NamedShape<{ readonly text: string }> & { readonly text: Shape<string> } = {
  ...named('PolicyText', object<{ readonly text: string }>({ text: anyPolicyText }, { isClosed: true })),
  text: anyPolicyText,
}

/** How a plan is made; the connection is the signal. */
export type PlanBody = Omit<PlanOptions, 'signal'>

const only = optional(list(text({ longest: 200, about: 'The ID of a rule set: only these delete.' }), 100))
const order = optional(word('leastRecentlyPulled', 'oldest'))

export const planOptions: NamedShape<PlanBody> = named(
  'PlanOptions',
  object<PlanBody>(
    {
      only,
      order,
      cause: optional(
        text({ longest: 100, pattern: String.raw`^[\x20-\x7e]*$`, about: 'What began it, for history.' }),
      ),
    },
    { isClosed: true },
  ),
)

/** The policy to try, and how a plan by it would be made. */
export type PreviewBody = Pick<PreviewOptions, 'text' | 'plan'>

export const previewBody: Shape<PreviewBody> = object<PreviewBody>(
  {
    text: optional(policyText.text),
    plan: optional(object<NonNullable<PreviewBody['plan']>>({ only, order }, { isClosed: true })),
  },
  { isClosed: true },
)

export const inUse: NamedShape<InUse> = named(
  'InUse',
  object<InUse>(
    {
      digests: list(
        text({
          pattern: '^sha256:[0-9a-f]{64}$',
          about: 'sha256: and 64 hex digits, of a manifest or of the config of an image',
        }),
        10_000,
      ),
      until: time,
    },
    { isClosed: true },
  ),
)

export const inUseReport: NamedShape<InUseReport> = named(
  'InUseReport',
  object<InUseReport>({ reporter: text(), digests: list(text()), at: time, until: time }),
)

/** Which version of the policy to put in force again. */
export const revertTo: Shape<{ readonly version?: number | undefined }> = object<{
  readonly version?: number | undefined
}>({ version: optional(integer({ least: 0 })) }, { isClosed: true })
