import type { Difference } from './compare.ts'

/** A difference between ours and BuildKit that is meant to be there. */
export interface Accepted {
  /** The box of the language checklist that it follows from. */
  readonly box: string
  readonly why: string
  /** Cases that it may appear in; all when there is none. */
  readonly cases?: RegExp
  readonly field: RegExp
  /** What the sides must be, as JSON text; '' stands for absent. */
  readonly ours?: RegExp
  readonly buildkit?: RegExp
}

/**
 * All accepted differences. None may concern the content, type, mode or owner of a file; a test holds the list to that,
 * and to every row being used.
 */
export const accepted: readonly Accepted[] = [
  {
    box: 'CF04',
    why: 'the newest BuildKit writes a list into history where the installable one writes a Go map (1.12)',
    field: /^history\[\d+\]$/,
    ours: /^\{"created_by":"EXPOSE \[[^\]]+\]","empty_layer":true\}$/,
    buildkit: /^\{"created_by":"EXPOSE map\[[^\]]+\]","empty_layer":true\}$/,
  },
  {
    box: 'CF09',
    why: 'the newest BuildKit writes a health check into history with names, the installable one quoted (1.12)',
    field: /^history\[\d+\]$/,
    ours: /^\{"created_by":"HEALTHCHECK \{Test:\[.*\] .*\}","empty_layer":true\}$/,
    buildkit: /^\{"created_by":"HEALTHCHECK &\{.*\}","empty_layer":true\}$/,
  },
  {
    box: 'C14',
    why: 'BuildKit cuts times to whole seconds, and the checklist wants them preserved',
    field: /^tree:.*:mtime \(fraction of a second\)$/,
    buildkit: /0{9}"$/,
  },
  {
    box: 'C05',
    why: 'a directory that COPY, ADD or WORKDIR adds to keeps its time, so that a layer tells nothing of when it was made',
    cases: /^(?!run-)/,
    field: /^tree:.*:mtime \(directory written to\)$/,
  },
  {
    box: 'C14',
    why: 'BuildKit drops extended attributes of users from its layers, and the checklist wants them preserved',
    field: /^tree:.*:xattrs$/,
    ours: /^\{"user\.note":"[0-9a-f]+"\}$/,
    buildkit: /^\{\}$/,
  },
  {
    box: 'C14',
    why: 'BuildKit leaves out a file that a RUN only gave another name, which parts the names; here they stay one file',
    cases: /^run-hardlinks$/,
    field: /^tree:.*:names$/,
  },
  {
    box: 'R07',
    why: 'BuildKit leaves the mount points of a RUN on scratch in its layer; a layer here holds what the step made',
    cases: /^run-scratch$/,
    field: /^tree:\/(?:dev|proc|sys)$/,
    ours: /^$/,
  },
]

/** The row that accepts a difference found in a case, if there is one. */
export function acceptedBy(found: Difference, name: string): Accepted | undefined {
  return accepted.find(
    (row) =>
      row.field.test(found.field) &&
      (row.cases?.test(name) ?? true) &&
      (row.ours?.test(found.ours ?? '') ?? true) &&
      (row.buildkit?.test(found.buildkit ?? '') ?? true),
  )
}
