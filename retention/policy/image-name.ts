import { isIbuildError } from '../../shared/base/errors.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { shown } from './guards.ts'
import { note, type Read } from './place.ts'

/** The name of an image as people write it for Docker. */
export const imageName: Read<string> = (value, place) => {
  if (typeof value !== 'string') return note(place, `expected the name of an image, found ${shown(value)}`)
  try {
    parseReference(value)
    return value
  } catch (error) {
    if (isIbuildError(error)) return note(place, error.message)
    throw error
  }
}
