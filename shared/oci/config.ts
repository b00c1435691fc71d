import type { Digest } from '../base/digest.ts'
import {
  arrayOf,
  asObject,
  asString,
  asStrings,
  failAt,
  type JsonPlace,
  type JsonValue,
  optional,
  orderKeys,
  required,
} from '../base/json.ts'
import { type ContainerSettings, orderContainerSettings, parseContainerSettings } from './container-settings.ts'
import { asDigest } from './descriptor.ts'
import { definedMembers, optionalMembers, withoutNulls } from './members.ts'

/**
 * An image config (OCI image-spec, config.md) with the members that Docker adds. Members keep their JSON names; those
 * that are not named here are kept as they were read.
 */
export interface ImageConfig {
  /** RFC 3339 time. */
  readonly created?: string
  readonly author?: string
  readonly architecture: string
  readonly variant?: string
  readonly os: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
  readonly config?: ContainerSettings
  readonly rootfs: RootFs
  readonly history?: readonly HistoryEntry[]
}

/** The layers of an image. */
export interface RootFs {
  readonly type: 'layers'
  /** The base first. */
  readonly diff_ids: readonly Digest[]
}

/** How an image came by a layer or a setting. */
export interface HistoryEntry {
  readonly created?: string
  readonly author?: string
  readonly created_by?: string
  readonly comment?: string
  /** True for an entry that made no layer. */
  readonly empty_layer?: boolean
}

const place: JsonPlace = { code: 'CONFIG_INVALID', path: 'image config' }
/** Far above what any runtime can mount. */
const maxLayers = 10_000

/** Reads an image config. CONFIG_INVALID names the member that is wrong. */
export function parseConfig(value: JsonValue): ImageConfig {
  const object = asObject(value, place)
  const config: ImageConfig = {
    ...withoutNulls(object),
    ...optionalMembers(object, place, { string: ['created', 'author', 'variant', 'os.version'] }),
    architecture: required(object, 'architecture', place, asString),
    os: required(object, 'os', place, asString),
    rootfs: required(object, 'rootfs', place, parseRootFs),
    ...definedMembers({
      'os.features': optional(object, 'os.features', place, asStrings),
      config: optional(object, 'config', place, parseContainerSettings),
      history: optional(object, 'history', place, arrayOf(parseHistory)),
    }),
  }
  checkHistory(config)
  return config
}

function parseRootFs(value: JsonValue, at: JsonPlace): RootFs {
  const object = asObject(value, at)
  const type = required(object, 'type', at, asString)
  if (type !== 'layers') failAt(at, `type ${JSON.stringify(type)} is not supported, only "layers"`)
  const diffIDs = optional(object, 'diff_ids', at, arrayOf(asDigest, maxLayers)) ?? []
  return { ...withoutNulls(object), type: 'layers', diff_ids: diffIDs }
}

function parseHistory(value: JsonValue, at: JsonPlace): HistoryEntry {
  const object = asObject(value, at)
  return {
    ...withoutNulls(object),
    ...optionalMembers(object, at, {
      string: ['created', 'author', 'created_by', 'comment'],
      boolean: ['empty_layer'],
    }),
  }
}

/** More layer entries than layers would name layers that are not there; fewer is common (squash, import). */
function checkHistory({ history = [], rootfs }: ImageConfig): void {
  const layers = history.filter((entry) => entry.empty_layer !== true).length
  if (layers > rootfs.diff_ids.length) {
    failAt(place, `history has ${layers} entries with a layer, rootfs ${rootfs.diff_ids.length} layers`)
  }
}

const members = 'created author architecture variant os os.version os.features config rootfs history'.split(' ')
const historyMembers = 'created author created_by comment empty_layer'.split(' ')

/**
 * The bytes of a config: one text for equal configs, members in one order, maps sorted. The digest of these bytes is the
 * image ID.
 */
export function serializeConfig(config: ImageConfig): Buffer {
  const ordered = {
    ...config,
    ...(config.config !== undefined && { config: orderContainerSettings(config.config) }),
    rootfs: orderKeys({ ...config.rootfs }, ['type', 'diff_ids']),
    ...(config.history !== undefined && {
      history: config.history.map((entry) => orderKeys({ ...entry }, historyMembers)),
    }),
  }
  return Buffer.from(JSON.stringify(orderKeys(ordered, members)))
}
