import { IbuildError } from '../../../shared/base/errors.ts'
import {
  asBoolean,
  asObject,
  asString,
  asStrings,
  type JsonPlace,
  type JsonValue,
  required,
} from '../../../shared/base/json.ts'
import type { ExportOptions } from '../../export/export-layouts.ts'
import { isName, isTag } from '../../protocol/names.ts'

/** What `adopt` is asked. */
export interface AdoptRequest {
  /** Absolute path. */
  readonly folder: string
  /** Begins also in a process that serves nobody. */
  readonly isWaiting: boolean
}

/** What an export is asked. */
export interface ExportRequest {
  /** Absolute path. */
  readonly folder: string
  /** `team/app` or `team/app:1`; empty for all. */
  readonly references: readonly string[]
  readonly isAll: boolean
  readonly isCopy: boolean
  readonly isUpdate: boolean
}

const place: JsonPlace = { code: 'JSON_INVALID', path: 'admin call' }

/** Reads the body of a call. JSON_INVALID. */
export function readAdoptRequest(body: JsonValue): AdoptRequest {
  const object = asObject(body, place)
  return {
    folder: required(object, 'folder', place, asString),
    isWaiting: required(object, 'isWaiting', place, asBoolean),
  }
}

/** Reads the body of a call. JSON_INVALID. */
export function readExportRequest(body: JsonValue): ExportRequest {
  const object = asObject(body, place)
  return {
    folder: required(object, 'folder', place, asString),
    references: required(object, 'references', place, asStrings),
    isAll: required(object, 'isAll', place, asBoolean),
    isCopy: required(object, 'isCopy', place, asBoolean),
    isUpdate: required(object, 'isUpdate', place, asBoolean),
  }
}

/** With names that are parsed. REFERENCE_INVALID. */
export function exportOptions({ references, ...request }: ExportRequest): ExportOptions {
  return { ...request, references: references.map(parseExported) }
}

function parseExported(text: string): ExportOptions['references'][number] {
  const [name = '', tag, ...more] = text.split(':')
  if (more.length === 0 && isName(name) && (tag === undefined || isTag(tag))) return { name, tag }
  throw new IbuildError(
    'REFERENCE_INVALID',
    `not a repository of the registry: ${JSON.stringify(text.slice(0, 300))}`,
    {
      hint: 'Write it as path or path:tag, without a host.',
    },
  )
}
