import {
  asObject,
  asStringMap,
  asStrings,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  orderKeys,
  recordOf,
  sortKeys,
} from '../base/json.ts'
import { definedMembers, optionalMembers, withoutNulls } from './members.ts'

/** Settings of a container of the image; Healthcheck, OnBuild, Shell and ArgsEscaped are Docker's. */
export interface ContainerSettings {
  readonly Hostname?: string
  readonly Domainname?: string
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Volumes?: Readonly<Record<string, object>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
  readonly StopTimeout?: number
  readonly ArgsEscaped?: boolean
  readonly Healthcheck?: Healthcheck
  readonly OnBuild?: readonly string[]
  readonly Shell?: readonly string[]
}

/** Durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** Reads the `config` member of an image config. Null means absent; unknown members are kept. */
export function parseContainerSettings(value: JsonValue, place: JsonPlace): ContainerSettings {
  const object = asObject(value, place)
  return {
    ...withoutNulls(object),
    ...optionalMembers(object, place, {
      string: ['Hostname', 'Domainname', 'User', 'WorkingDir', 'StopSignal'],
      integer: ['StopTimeout'],
      boolean: ['ArgsEscaped'],
      strings: ['Env', 'Entrypoint', 'Cmd', 'OnBuild', 'Shell'],
    }),
    ...definedMembers({
      ExposedPorts: optional(object, 'ExposedPorts', place, asSet),
      Volumes: optional(object, 'Volumes', place, asSet),
      Labels: optional(object, 'Labels', place, asStringMap),
      Healthcheck: optional(object, 'Healthcheck', place, parseHealthcheck),
    }),
  }
}

/** Go's set: an object whose values are empty objects (null is read as one too). */
const asSet = recordOf((value, place) => (value === null ? {} : asObject(value, place)))

function parseHealthcheck(value: JsonValue, place: JsonPlace): Healthcheck {
  const object = asObject(value, place)
  return {
    ...withoutNulls(object),
    ...optionalMembers(object, place, {
      integer: ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'],
    }),
    ...definedMembers({ Test: optional(object, 'Test', place, asStrings) }),
  }
}

const members = (
  'Hostname Domainname User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal StopTimeout ' +
  'ArgsEscaped Healthcheck OnBuild Shell'
).split(' ')
const healthcheckMembers = 'Test Interval Timeout StartPeriod StartInterval Retries'.split(' ')

/** The settings with their members in one order and all maps sorted. */
export function orderContainerSettings(settings: ContainerSettings): JsonObject {
  const { Healthcheck: check, ...rest } = settings
  const maps = definedMembers({
    ExposedPorts: rest.ExposedPorts && sortKeys(rest.ExposedPorts),
    Volumes: rest.Volumes && sortKeys(rest.Volumes),
    Labels: rest.Labels && sortKeys(rest.Labels),
    Healthcheck: check && orderKeys(check, healthcheckMembers),
  })
  return orderKeys({ ...rest, ...maps }, members)
}
