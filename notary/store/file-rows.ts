import { isUtf8 } from 'node:buffer'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { asInteger, asObject, asString, type JsonObject, parseJson, required } from '../../shared/base/json.ts'
import { numberPart } from '../../shared/rows/log-rows.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { RoleName } from '../tuf/types.ts'
import type { StoredFile } from './collection-types.ts'
import { hashRows } from './rows.ts'
import type { NewFile } from './types.ts'

/** A version of a role in one life of a collection. */
export interface FilePlace {
  readonly id: string
  readonly role: RoleName
  readonly version: number
}

export function fileKey({ id, role, version }: FilePlace): string {
  return ['file', id, role, numberPart(version)].join(' ')
}

/** The rows that keep a file and lead to it. Rows are text, so only what is UTF-8 comes back as it was. */
export function rowsOfFile(id: string, { role, version, bytes, sha256, sha512 }: NewFile, at: number): Row[] {
  if (!isUtf8(bytes)) throw new Error(`${role}.json is not UTF-8`)
  const value = `${JSON.stringify({ sha256, at })}\n${bytes.toString()}`
  return [
    { key: fileKey({ id, role, version }), value },
    hashRows.row([id, role, sha256], version),
    hashRows.row([id, role, sha512], version),
  ]
}

/** The keys of {@link rowsOfFile}. */
export function keysOfFile(place: FilePlace, hashes: { readonly sha256: string; readonly sha512: string }): string[] {
  const { id, role } = place
  return [fileKey(place), hashRows.key(id, role, hashes.sha256), hashRows.key(id, role, hashes.sha512)]
}

/** The file that a row keeps. STORE_INVALID when it is damaged. */
export function readFileRow({ id, role, version }: FilePlace, value: string): StoredFile {
  const what = `row ${JSON.stringify(fileKey({ id, role, version }))}`
  const place = { code: 'STORE_INVALID', path: what } as const
  const end = value.indexOf('\n')
  const head = asObject(parseHead(value.slice(0, Math.max(0, end)), what), place)
  return {
    role,
    version,
    bytes: Buffer.from(value.slice(end + 1)),
    sha256: required(head, 'sha256', place, asString),
    storedAt: required(head, 'at', place, asInteger),
  }
}

function parseHead(line: string, what: string): JsonObject {
  try {
    return asObject(parseJson(line, { what }), { code: 'STORE_INVALID', path: what })
  } catch (cause) {
    throw isIbuildError(cause) ? new IbuildError('STORE_INVALID', cause.message, { cause }) : cause
  }
}
