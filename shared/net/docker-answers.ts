import { type Digest, isDigest } from '../base/digest.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  asStringMap,
  asStrings,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  placeOf,
  required,
} from '../base/json.ts'

export interface EngineImage {
  readonly id: Digest
  /** The image it was made from, where this daemon made it. */
  readonly parent: Digest | undefined
  /** `REPOSITORY:TAG`, as people write them. */
  readonly tags: readonly string[]
  /** `REPOSITORY@DIGEST`: what it was pulled or pushed as. */
  readonly digests: readonly string[]
  /** Of all its layers. */
  readonly size: number
  /** As its config says; milliseconds since the epoch. */
  readonly created: number
  readonly labels: Readonly<Record<string, string>>
}

export interface EngineImageDetails {
  readonly id: Digest
  /** Milliseconds since the epoch. Undefined when this daemon gave it no name: it was pulled or loaded with one. */
  readonly taggedAt: number | undefined
  /** diffIDs, the base first. */
  readonly layers: readonly Digest[]
}

/** A step of an image's history. */
export interface EngineHistory {
  /** Bytes of its layer; 0 also where it made none. */
  readonly size: number
}

export interface EngineContainer {
  readonly id: string
  readonly name: string
  /** As it was started: a name, or an ID. */
  readonly image: string
  readonly imageID: string
  /** `running`, `exited`, ... */
  readonly state: string
  /** Names of volumes. */
  readonly volumes: readonly string[]
}

export interface EngineVolume {
  readonly name: string
  /** Milliseconds since the epoch. Undefined when its driver does not tell. */
  readonly createdAt: number | undefined
  readonly labels: Readonly<Record<string, string>>
}

export const parseImage: JsonGuard<EngineImage> = (value, place) => {
  const image = asObject(value, place)
  const parent = optional(image, 'ParentId', place, asString) ?? ''
  return {
    id: required(image, 'Id', place, asImageID),
    parent: parent === '' ? undefined : asImageID(parent, placeOf(place, 'ParentId')),
    tags: namesIn(image, 'RepoTags', place).filter((name) => name !== '<none>:<none>'),
    digests: namesIn(image, 'RepoDigests', place).filter((name) => name !== '<none>@<none>'),
    size: Math.max(0, required(image, 'Size', place, asInteger)),
    created: required(image, 'Created', place, asInteger) * 1000,
    labels: optional(image, 'Labels', place, asStringMap) ?? {},
  }
}

export const parseDetails: JsonGuard<EngineImageDetails> = (value, place) => {
  const image = asObject(value, place)
  const metadata = optional(image, 'Metadata', place, asObject) ?? {}
  const rootfs = optional(image, 'RootFS', place, asObject) ?? {}
  return {
    id: required(image, 'Id', place, asImageID),
    taggedAt: timeOf(optional(metadata, 'LastTagTime', place, asString)),
    layers: optional(rootfs, 'Layers', place, arrayOf(asImageID, 1000)) ?? [],
  }
}

export const parseHistory: JsonGuard<EngineHistory> = (value, place) => ({
  size: Math.max(0, optional(asObject(value, place), 'Size', place, asInteger) ?? 0),
})

export const parseContainer: JsonGuard<EngineContainer> = (value, place) => {
  const container = asObject(value, place)
  const [name = ''] = namesIn(container, 'Names', place)
  const mounts = optional(container, 'Mounts', place, arrayOf(asObject)) ?? []
  const id = required(container, 'Id', place, asString)
  return {
    id,
    name: name.replace(/^\//, '') || id.slice(0, 12),
    image: optional(container, 'Image', place, asString) ?? '',
    imageID: optional(container, 'ImageID', place, asString) ?? '',
    state: optional(container, 'State', place, asString) ?? '',
    volumes: mounts.flatMap((mount) => optional(mount, 'Name', place, asString) ?? []),
  }
}

export const parseVolume: JsonGuard<EngineVolume> = (value, place) => {
  const volume = asObject(value, place)
  return {
    name: required(volume, 'Name', place, asString),
    createdAt: timeOf(optional(volume, 'CreatedAt', place, asString)),
    labels: optional(volume, 'Labels', place, asStringMap) ?? {},
  }
}

function namesIn(object: JsonObject, key: string, place: JsonPlace): readonly string[] {
  return optional(object, key, place, asStrings) ?? []
}

const asImageID = (value: JsonValue, place: JsonPlace): Digest => {
  const text = asString(value, place)
  return isDigest(text) ? text : failAt(place, `${JSON.stringify(text.slice(0, 100))} is no digest`)
}

/** Undefined for what is no time, and for the year 1: so Go writes that there is none. */
function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return time > 0 ? time : undefined
}
