import { asInteger, asObject, asString, type JsonObject, type JsonValue, required } from '../base/json.ts'
import {
  type EngineContainer,
  type EngineHistory,
  type EngineImage,
  type EngineImageDetails,
  type EngineVolume,
  parseContainer,
  parseDetails,
  parseHistory,
  parseImage,
  parseVolume,
} from './docker-answers.ts'
import { answerPlace, check, type EngineAnswer, type EngineCall, inPath, messageOf, parsed } from './docker-call.ts'
import { listIn } from './docker-lists.ts'
import { createVersions } from './docker-version.ts'

/** What a Docker daemon has, and how it goes. Errors: as of DockerEngine. */
export interface EngineObjects {
  /** All images, those that only others are made from too. */
  images(): Promise<readonly EngineImage[]>
  /** By name or ID. Undefined when it is gone. */
  image(reference: string): Promise<EngineImageDetails | undefined>
  /** What made an image, the last step first. Undefined when it is gone. */
  history(reference: string): Promise<readonly EngineHistory[] | undefined>
  /** Running or not. */
  containers(): Promise<readonly EngineContainer[]>
  volumes(): Promise<readonly EngineVolume[]>
  /** Bytes of volumes by their names. The daemon reads all of them for that. */
  volumeSizes(): Promise<ReadonlyMap<string, number>>
  /** A name, and with its last name the image, with those without a name that only it was made from. */
  removeImage(reference: string): Promise<EngineRemoval>
  removeVolume(name: string): Promise<EngineRemoval>
}

export type EngineRemoval =
  /** IDs of images and chainIDs of layers that went. */
  | { readonly kind: 'removed'; readonly deleted: readonly string[] }
  | { readonly kind: 'gone' }
  /** What the daemon says against it. */
  | { readonly kind: 'conflict'; readonly about: string }

/** Longest list that is read, in bytes. */
const maxAnswer = 64 * 1024 * 1024

export function dockerObjects(call: EngineCall): EngineObjects {
  const inVersion = createVersions(call)
  const ask = async (method: string, path: string): Promise<EngineAnswer> =>
    call(method, `${await inVersion()}${path}`, { maxAnswer })
  const get = async (path: string): Promise<JsonValue> => parsed(check(await ask('GET', path)))
  const find = async (path: string): Promise<JsonValue | undefined> => {
    const answer = await ask('GET', path)
    return answer.status === 404 ? undefined : parsed(check(answer))
  }
  return {
    images: async () => listIn(await get('/images/json?all=1'), parseImage),
    image: async (reference) => {
      const found = await find(`/images/${inPath(reference)}/json`)
      return found === undefined ? undefined : parseDetails(found, answerPlace)
    },
    history: async (reference) => {
      const found = await find(`/images/${inPath(reference)}/history`)
      return found === undefined ? undefined : listIn(found, parseHistory)
    },
    containers: async () => listIn(await get('/containers/json?all=1'), parseContainer),
    volumes: async () => listIn(volumesIn(await get('/volumes')), parseVolume),
    volumeSizes: async () => {
      const volumes = listIn(volumesIn(await get('/system/df?type=volume')), asObject)
      return new Map(volumes.flatMap(sizeOf))
    },
    removeImage: async (reference) => {
      const answer = await ask('DELETE', `/images/${inPath(reference)}`)
      return refusalIn(answer) ?? { kind: 'removed', deleted: deletedIn(parsed(check(answer))) }
    },
    removeVolume: async (name) => {
      const answer = await ask('DELETE', `/volumes/${encodeURIComponent(name)}`)
      const refusal = refusalIn(answer)
      if (refusal === undefined) check(answer)
      return refusal ?? { kind: 'removed', deleted: [] }
    },
  }
}

function volumesIn(answer: JsonValue): JsonValue {
  return asObject(answer, answerPlace)['Volumes'] ?? null
}

/** Nothing of what the daemon could not measure. */
function sizeOf(volume: JsonObject): readonly (readonly [name: string, bytes: number])[] {
  const usage = volume['UsageData']
  if (usage === undefined || usage === null) return []
  const size = required(asObject(usage, answerPlace), 'Size', answerPlace, asInteger)
  return size < 0 ? [] : [[required(volume, 'Name', answerPlace, asString), size]]
}

function refusalIn(answer: EngineAnswer): Exclude<EngineRemoval, { kind: 'removed' }> | undefined {
  if (answer.status === 404) return { kind: 'gone' }
  return answer.status === 409 ? { kind: 'conflict', about: messageOf(answer).slice(0, 1000) } : undefined
}

function deletedIn(answer: JsonValue): readonly string[] {
  return listIn(answer, asObject).flatMap(({ Deleted: id }) => (typeof id === 'string' ? [id] : []))
}
