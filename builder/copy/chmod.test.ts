import { readFileSync } from 'node:fs'
import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseModeChange } from './chmod.ts'

type Row = readonly [text: string, mode: string, isDirectory: boolean, expected: string | null]

const url = new URL('../../testdata/copy/chmod.json', import.meta.url)
const rows: readonly Row[] = JSON.parse(readFileSync(url, 'utf8'))
const location = { file: 'Dockerfile', startLine: 3, endLine: 3, text: 'COPY --chmod=z a b' }

function apply(text: string, mode: string, isDirectory: boolean): string | null {
  try {
    return parseModeChange(text, location).apply(Number.parseInt(mode, 8), isDirectory).toString(8)
  } catch (error) {
    if (error instanceof IbuildError && error.code === 'DOCKERFILE_SYNTAX' && error.location === location) return null
    throw error
  }
}

test('every row of the table agrees with BuildKit', (t) => {
  const wrong = rows.flatMap(([text, mode, isDirectory, expected]) => {
    const actual = apply(text, mode, isDirectory)
    return actual === expected ? [] : [JSON.stringify([text, mode, isDirectory, expected, actual])]
  })
  t.deepEqual(wrong, [])
  t.true(rows.length > 1000)
})
