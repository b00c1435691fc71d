import test from 'ava'
import { chownOwner, instructionOf, instructionText, placeOf } from './layer-words.ts'

const texts: [createdBy: string, text: string][] = [
  ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
  ['RUN |2 A=1 B=2 /bin/sh -c make # buildkit', 'RUN make'],
  ['RUN |1 A=x /bin/sh -c y /bin/sh -c make all # buildkit', 'RUN y /bin/sh -c make all'],
  ['COPY . /app # buildkit', 'COPY . /app'],
  ['/bin/sh -c #(nop) COPY file:0123 in / ', 'COPY file:0123 in /'],
  ['/bin/sh -c apt-get update', 'RUN apt-get update'],
  ['RUN bash -c make # buildkit', 'RUN bash -c make'],
  ['imported from -', 'imported from -'],
  ['', ''],
]
for (const [createdBy, text] of texts) {
  test(`history entry ${JSON.stringify(createdBy)}`, (t) => t.is(instructionText(createdBy), text))
}

test('instructions are told by their first word', (t) => {
  t.is(instructionOf({ text: 'run x' }), 'RUN')
  t.is(instructionOf({ text: 'COPY --chown=a b c' }), 'COPY')
  t.is(instructionOf({ text: 'ADD x /' }), 'ADD')
  for (const text of ['', 'WORKDIR /', 'RUNNER', 'xCOPY']) t.is(instructionOf({ text }), 'other')
})

test('a place is a line when it is known, else the number of the layer', (t) => {
  t.is(placeOf({}, 2), 'layer 3')
  t.is(
    placeOf({ location: { file: '/a/b/Dockerfile.dev', startLine: 4, endLine: 6, text: '' } }, 2),
    'Dockerfile.dev:4',
  )
})

const owners: [text: string, owner: string | undefined][] = [
  ['RUN chown -R app:app /app', 'app:app'],
  ['RUN chown app /app', 'app'],
  ['RUN mkdir /x && chown -R --no-dereference 1000:1000 /x', '1000:1000'],
  ['RUN chown -R app: /app', 'app'],
  ['RUN chown "$USER" /app', undefined],
  ['RUN chown --reference=/a /b', undefined],
  ['RUN true', undefined],
]
for (const [text, owner] of owners) test(`owner in ${text}`, (t) => t.is(chownOwner(text), owner))
