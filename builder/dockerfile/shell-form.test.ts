import test from 'ava'
import { parseDockerfile } from './parse.ts'
import { type ResolvedShellForm, resolveShellForm } from './shell-form.ts'

function resolve(run: string): ResolvedShellForm {
  const [instruction] = parseDockerfile(Buffer.from(`FROM scratch\n${run}`), 'Dockerfile').stages[0]?.instructions ?? []
  if (instruction?.kind !== 'RUN' || instruction.command.form !== 'shell') throw new Error('not a RUN in shell form')
  return resolveShellForm(instruction.command)
}

test('a command without heredocs is its text', (t) => {
  t.deepEqual(resolve('RUN echo  "a" \\\n && b'), { text: 'echo  "a"  && b' })
})

test('a heredoc alone is the command', (t) => {
  t.deepEqual(resolve('RUN <<EOF\necho $x\necho "y"\nEOF'), { text: 'echo $x\necho "y"\n' })
  t.deepEqual(resolve("RUN --network=none <<-'EOF'\n\techo\n\tEOF"), { text: 'echo\n' })
})

test('a heredoc alone that starts with #! is a script', (t) => {
  const content = '#!/usr/bin/env python3\nprint(1)\n'
  t.deepEqual(resolve(`RUN <<main\n${content}main`), {
    text: '/dev/pipes/main',
    file: { name: 'main', path: '/dev/pipes/main', content },
  })
  t.deepEqual(resolve('RUN <<-x\n\t#!/bin/sh\n\ttrue\nx').file?.content, '#!/bin/sh\ntrue\n')
})

test('with other words the shell reads the heredocs', (t) => {
  t.deepEqual(resolve('RUN <<A cat >a && 3<<"B" cat <&3\n1\nA\n2\nB'), {
    text: '<<A cat >a && 3<<"B" cat <&3\n1\nA\n2\nB',
  })
  t.deepEqual(resolve('RUN cat <<-E\n\tx\n\tE'), { text: 'cat <<-E\nx\nE' })
  t.deepEqual(resolve('RUN <<A bash\n#!/bin/sh\nA'), { text: '<<A bash\n#!/bin/sh\nA' })
})
