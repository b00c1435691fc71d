import type { SherdockKeys } from '../policy/sherdock-keys.ts'
import { type NamedShape, named, object, optional } from './object-shape.ts'
import { count, flag, integer, list, record, text } from './shape.ts'
import type { DaemonContainer, DaemonImage, DaemonVolume } from './types.ts'

const longest = { longest: 1000 }
/** More than an import takes, so that it is the import that says what is wrong. */
const most = 200

export const sherdockKeys: NamedShape<SherdockKeys> = named(
  'SherdockConfig',
  object<SherdockKeys>({
    GCIntervalMinutes: integer({ least: 1, about: 'How often images are looked at.' }),
    PullIntervalMinutes: integer({ least: 1, about: 'How often images are pulled; 60 while none are.' }),
    ImagesToPull: list(text()),
    ImagesToNotGC: list(text({ about: 'A regex that fits a part of REPOSITORY:TAG: such images stay.' })),
  }),
)

/** Keys that may be missing are as Sherdock took them. */
export type SherdockKeysSent = Pick<SherdockKeys, 'ImagesToNotGC'> & {
  readonly [Key in keyof SherdockKeys]?: SherdockKeys[Key] | undefined
}

export const sherdockKeysSent: NamedShape<SherdockKeysSent> = named(
  'SherdockConfigSent',
  object<SherdockKeysSent>(
    {
      GCIntervalMinutes: optional(integer({ least: 1 })),
      PullIntervalMinutes: optional(integer({ least: 1 })),
      ImagesToPull: optional(list(text(longest), most)),
      ImagesToNotGC: list(text(longest), most),
    },
    { isClosed: true },
  ),
)

export const daemonImage: NamedShape<DaemonImage> = named(
  'DockerImage',
  object<DaemonImage>({
    Id: text(),
    ParentId: text({ about: 'Empty where it was not made here.' }),
    RepoTags: list(text()),
    RepoDigests: list(text()),
    Created: integer({ about: 'Seconds since 1970-01-01T00:00:00Z.' }),
    Size: count,
    VirtualSize: count,
    Labels: record(text()),
    InUseBy: list(text({ about: 'Why it stays whatever rules say.' })),
    Layers: optional(list(text({ about: 'diffIDs, the base first.' }))),
  }),
)

export const daemonContainer: NamedShape<DaemonContainer> = named(
  'DockerContainer',
  object<DaemonContainer>({
    Id: text(),
    Names: list(text()),
    Image: text(),
    ImageID: text(),
    State: text({ about: 'running, exited, ...; reported: somebody said that he runs it.' }),
    Volumes: list(text()),
  }),
)

export const daemonVolume: NamedShape<DaemonVolume> = named(
  'DockerVolume',
  object<DaemonVolume>({
    Name: text(),
    CreatedAt: optional(text()),
    Labels: record(text()),
    InUse: flag,
  }),
)
