// `npm run docs:errors`: docs/errors.md from the catalogue of error codes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../shared/base/error-codes.ts'
import { repository } from './repository.ts'

const head = `# Errors

Every error that you can cause or must act on has a code. The command prints it before the message, with a hint where
there is one; in the library it is \`error.code\` of an \`IbuildError\`. The exit code of the command follows from it:
1 failed, 2 wrong usage, 3 refused by a policy. This page is written by \`npm run docs:errors\`.

| code | exit | when | hint |
| --- | --- | --- | --- |
`

/** The text of docs/errors.md. */
export function errorsDoc(): string {
  const rows = Object.entries(errorCodes).sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = rows.map(([code, { exit, about, hint }]) => `| \`${code}\` | ${exit} | ${about} | ${hint ?? ''} |\n`)
  return head + lines.join('')
}

if (import.meta.main) writeFileSync(join(repository, 'docs/errors.md'), errorsDoc())
