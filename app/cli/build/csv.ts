import { IbuildError } from '../../../shared/base/errors.ts'

const fieldPattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y

/** Fields with commas between them; one in double quotes may hold commas, and quotes as `""`. Errors: USAGE. */
export function splitCsv(text: string): string[] {
  const fields: string[] = []
  fieldPattern.lastIndex = 0
  for (;;) {
    const match = fieldPattern.exec(text)
    if (match === null) {
      throw new IbuildError('USAGE', `${JSON.stringify(text)}: a quote stands where none can`, {
        hint: 'Put a field with commas in double quotes, all of it: "dest=a,b".',
      })
    }
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return fields
  }
}
