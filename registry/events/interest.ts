import type { JsonObject } from '../../shared/base/json.ts'
import type { EndpointSettings } from './types.ts'

type Interest = Pick<EndpointSettings, 'actions' | 'ignoreMediaTypes'>

/** What of an event decides on who wants it. */
export interface Kind {
  readonly action: string
  readonly mediaType: string | undefined
}

export function wantsKind({ actions, ignoreMediaTypes }: Interest, { action, mediaType }: Kind): boolean {
  const isWanted = actions.some((each) => each === action)
  return isWanted && (mediaType === undefined || !ignoreMediaTypes.includes(mediaType))
}

export function kindOf({ action, target }: JsonObject): Kind {
  const mediaType =
    typeof target === 'object' && target !== null && 'mediaType' in target ? target['mediaType'] : undefined
  return {
    action: typeof action === 'string' ? action : '',
    mediaType: typeof mediaType === 'string' ? mediaType : undefined,
  }
}
