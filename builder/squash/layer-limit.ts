import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** Most layers of an image: more do not fit the mount that containers run on. */
export const mostLayers = 127
/** Docker's daemon mounts two layers of its own on top of an image's. */
export const mostLayersForDocker = 125
/** From this many on there is a warning. */
const manyLayers = 110

export interface DepthCheck {
  /** What has the layers, as the start of a sentence: `the image`, `app:1`. */
  readonly subject: string
  /** True when docker's daemon is to take it. */
  readonly forDocker?: boolean
  /** True when the user named the number of layers: nearly too many are no news then. */
  readonly isAsked?: boolean
  /** The ways out. */
  readonly hint: string
  /** What the layers come from, put behind their number. */
  readonly detail?: string | undefined
  readonly location?: SourceLocation | undefined
}

/**
 * Refuses an image of too many layers: LAYER_LIMIT above 127, for docker's daemon above 125. What it returns is a warning
 * to show, when there are nearly as many.
 */
export function checkDepth(layers: number, check: DepthCheck): string | undefined {
  const most = check.forDocker === true ? mostLayersForDocker : mostLayers
  if (layers > most) throw tooDeep(layers, most, check)
  if (layers < manyLayers) return undefined
  const count = `${check.subject} has ${layers} layers`
  if (layers > mostLayersForDocker)
    return `${count}: docker's daemon refuses it, because it takes at most ${mostLayersForDocker} (--squash or --max-layers=${mostLayersForDocker} merge some)`
  return check.isAsked === true ? undefined : `${count}, and ${mostLayers} is the most that an image can have`
}

function tooDeep(
  layers: number,
  most: number,
  { subject, forDocker, hint, detail, location }: DepthCheck,
): IbuildError {
  const limit = forDocker === true ? `docker's daemon takes at most ${most}` : `the most is ${most}`
  const message = `${subject} has ${layers} layers${detail === undefined ? '' : ` (${detail})`}: ${limit}`
  return new IbuildError('LAYER_LIMIT', message, { hint, ...(location !== undefined && { location }) })
}

/** Most layers as `--max-layers` asks for it; `auto` is as many as the receivers of the image take. */
export type MaxLayers = number | 'auto'

/** The number that is asked for. Errors: USAGE unless it is from 1 to 127. */
export function limitOf(asked: MaxLayers, { forDocker }: { readonly forDocker: boolean }): number {
  if (asked !== 'auto') return checkedLimit(asked)
  return forDocker ? mostLayersForDocker : mostLayers
}

function checkedLimit(most: number): number {
  if (Number.isInteger(most) && most >= 1 && most <= mostLayers) return most
  throw new IbuildError('USAGE', `${most} is not a number of layers from 1 to ${mostLayers}`)
}
