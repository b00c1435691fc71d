import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as fc from 'fast-check'
import { applyChanges, bytesOf, changes, fuzz } from './fuzz.ts'
import { plan } from './plan-text.ts'

const testdata = join(import.meta.dirname, '../../testdata')

/** Dockerfiles of the other tests: what is changed has meaning to begin with. */
const dockerfiles = ['dockerfiles', 'dockerfiles-parse']
  .flatMap((folder) => readdirSync(join(testdata, folder)).map((name) => join(testdata, folder, name, 'Dockerfile')))
  .filter((file) => existsSync(file))
  .map((file) => readFileSync(file, 'latin1'))

const dockerfileWords = [
  ...'FROM RUN COPY ADD ARG ENV LABEL CMD ENTRYPOINT EXPOSE VOLUME USER WORKDIR SHELL STOPSIGNAL HEALTHCHECK ONBUILD MAINTAINER'.split(
    ' ',
  ),
  '\n',
  ' \\\n',
  '\\',
  '`',
  '"',
  "'",
  '$',
  '${',
  '}',
  '${A:-',
  '${A:?',
  '${A##',
  '${A/',
  '$$',
  '[',
  ']',
  '["a",',
  '<<EOF',
  '<<-"E"\n',
  'EOF\n',
  '#',
  '# escape=`\n',
  '# syntax=x\n',
  '--from=0',
  '--chown=',
  '--chmod=u+x',
  '--mount=type=cache',
  '--platform=',
  ' AS a',
  'scratch',
  '\r\n',
  '\0',
  '\u0085',
  '\xff',
  '\ufeff',
  '65535',
  '1-65535',
  '-1',
  '=',
  ' ',
  '\t',
  '../',
  '//',
  ' a b=c',
]

const mutatedDockerfile = fc
  .tuple(fc.constantFrom(...dockerfiles), changes(dockerfileWords))
  .map(([text, list]) => bytesOf(applyChanges(text, list)))

test.serial('changed Dockerfiles are planned or refused', async (t) => {
  await fuzz(t, { arbitrary: mutatedDockerfile, runs: 30_000, check: (bytes) => plan(bytes) })
})

test.serial('random text as Dockerfile is planned or refused', async (t) => {
  const line = fc.array(fc.oneof(fc.constantFrom(...dockerfileWords), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 6,
  })
  const text = fc.array(
    line.map((words) => words.join(' ')),
    { maxLength: 6 },
  )
  const arbitrary = text.map((lines) => bytesOf(['FROM scratch', ...lines].join('\n')))
  await fuzz(t, { arbitrary, runs: 30_000, check: (bytes) => plan(bytes) })
})
