import type { Check } from './check.ts'
import { docker } from './docker.ts'
import { management } from './management.ts'
import { namesAndErrors } from './names.ts'
import { pullBlobs } from './pull-blobs.ts'
import { pullManifests } from './pull-manifests.ts'
import { pushBlobs } from './push-blobs.ts'
import { pushChunks } from './push-chunks.ts'
import { pushManifests } from './push-manifests.ts'
import { pushMounts } from './push-mounts.ts'
import { pushSessions } from './push-sessions.ts'
import { ranges } from './ranges.ts'
import { referrers } from './referrers.ts'
import { robustness } from './robustness.ts'
import { Scene } from './scene.ts'
import { pushShapes } from './shapes.ts'
import { tags } from './tags.ts'
import type { Wire } from './wire.ts'

/** The checks of one workflow of the OCI distribution-spec. */
export interface Workflow {
  readonly title: string
  readonly checks: readonly Check[]
}

/** All checks. */
export const workflows: readonly Workflow[] = [
  { title: 'Pull', checks: [...pullManifests, ...pullBlobs, ...ranges] },
  {
    title: 'Push',
    checks: [...pushSessions, ...pushBlobs, ...pushChunks, ...pushMounts, ...pushManifests, ...pushShapes],
  },
  { title: 'Content discovery', checks: [...tags, ...referrers] },
  { title: 'Content management', checks: management },
  { title: "Docker's own, names and errors", checks: [...docker, ...namesAndErrors] },
  { title: 'Reliability', checks: robustness },
]

export const allChecks: readonly Check[] = workflows.flatMap(({ checks }) => checks)

let scenes = 0

/** Runs a check against a registry, in a repository of its own; rejects when the registry does not keep it. */
export async function runCheck(check: Check, wire: Wire): Promise<void> {
  scenes += 1
  const name = `conformance/${check.id.replaceAll(/[^a-z0-9]+/g, '-')}-${process.pid}-${scenes}`
  await check.run(new Scene(wire, check.algorithm, name))
}
