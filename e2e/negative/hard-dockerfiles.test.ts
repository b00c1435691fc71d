import test from 'ava'
import { plan } from './plan-text.ts'

/** Small texts that ask for much work. */
const hardDockerfiles: [title: string, text: string][] = [
  ['nested variables', `FROM scratch\nENV A=${'${A:-'.repeat(20_000)}${'}'.repeat(20_000)}\n`],
  ['quotes that do not end', `FROM scratch\nLABEL a=${'"'.repeat(99_999)}\n`],
  ['backslashes', `FROM scratch\nENV A=${'\\'.repeat(500_000)}\n`],
  ['continuations', `FROM scratch\nENV A=b ${'\\\n'.repeat(200_000)}\n`],
  ['comments in a continuation', `FROM scratch\nENV A=b \\\n${'# x\n'.repeat(200_000)}\n`],
  ['stages', 'FROM scratch\n'.repeat(20_000)],
  ['instructions', `FROM scratch\n${'ENV A=$A$A\n'.repeat(60)}`],
  [
    'a growing variable in names',
    `FROM scratch\nENV A=aaaaaaaaaa\n${'ENV A=$A$A$A$A$A$A$A$A$A$A\n'.repeat(9)}WORKDIR $A\n`,
  ],
  ['a JSON array without end', `FROM scratch\nCMD ${'['.repeat(300_000)}\n`],
  ['heredocs', `FROM scratch\nRUN ${'<<A '.repeat(20_000)}\n`],
  ['a pattern', `FROM scratch\nENV A=${'a'.repeat(5000)}\nENV B=\${A//${'*a'.repeat(40)}b/x}\n`],
  ['another pattern', `FROM scratch\nENV A=${'a'.repeat(5000)}\nENV B=\${A##${'*a'.repeat(40)}b}\n`],
  ['ports', `FROM scratch\n${'EXPOSE 0-65535\n'.repeat(40)}`],
  ['words', `FROM scratch\nENV ${'a=b '.repeat(200_000)}\n`],
  ['triggers', `FROM scratch\nONBUILD ${'ONBUILD '.repeat(100_000)}RUN x\n`],
  ['white space', `FROM scratch\nENV A=b${' '.repeat(500_000)}x\n`],
  ['a flag', `FROM scratch\nRUN --${'mount='.repeat(100_000)} x\n`],
]

for (const [title, text] of hardDockerfiles) {
  test(`a Dockerfile with very many ${title} ends soon`, async (t) => {
    const started = performance.now()
    await t.notThrowsAsync(
      plan(Buffer.from(text)).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'IbuildError') throw error
      }),
    )
    t.true(performance.now() - started < 10_000, `${performance.now() - started} ms`)
  })
}
