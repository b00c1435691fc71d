import test from 'ava'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const esc = '\u001b'
/** Retitles, clears, moves, asks for an answer, hides; as ESC sequences and as C1 controls. */
const evil = `${esc}]0;owned\u0007${esc}[2J${esc}[1A${esc}[6n${esc}P+q${esc}\\${esc}[8m\u009b31m\u0090x\u009c\b\u007f`
/** What may not reach a terminal: controls other than tab and line feed. */
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

const rows: [title: string, args: readonly string[], dockerfile: string][] = [
  ['the name of an image', ['-t', `a${evil}b`, '.'], 'FROM scratch\nCOPY Dockerfile /\n'],
  ['the name of a base', ['.'], `FROM a${evil}b\n`],
  ['a target', ['--target', `a${evil}b`, '.'], 'FROM scratch\nCOPY Dockerfile /\n'],
  ['a context', [`a${evil}b`], ''],
  ['a Dockerfile', ['-f', `a${evil}b`, '.'], ''],
  ['an option', [`--a${evil}b`, '.'], ''],
  ['a build argument', ['--build-arg', `${evil}=`, '--memory', evil, '.'], ''],
  ['an output', ['-o', `type=${evil}`, '.'], 'FROM scratch\nCOPY Dockerfile /\n'],
  ['an unknown instruction', ['.'], `FROM scratch\nEVIL${evil} x\n`],
  ['an unknown flag', ['.'], `FROM scratch\nCOPY --x${evil} a b\n`],
  ['a missing source', ['.'], `FROM scratch\nCOPY no${evil}where /\n`],
  ['a stage', ['.'], `FROM scratch\nCOPY --from=no${evil}where / /\n`],
  ['a directive', ['.'], `# syntax=a${evil}b\nFROM no\n`],
  ['a variable', ['.'], `FROM scratch\nENV A=\${B:?${evil}}\n`],
  ['a label that a warning shows', ['.'], `FROM scratch\nLABEL a ${evil}\nCOPY no /\n`],
  ['a comment in the lines that are shown', ['.'], `FROM scratch\nCOPY \\\n# ${evil}\n  no /\n`],
]

for (const [title, args, dockerfile] of rows) {
  test(`escape sequences in ${title} do not reach the terminal`, async (t) => {
    const space = await makeWorkspace(t)
    const context = space.write('context', { Dockerfile: dockerfile })
    for (const progress of ['plain', 'auto']) {
      const output = await space.ibuild([...args, '--progress', progress], { cwd: context })
      t.true(output.code === 1 || output.code === 2, output.stderr)
      t.notRegex(output.stderr, control)
      t.is(output.stdout, '')
    }
  })
}

const withRuntime = needs(test, 'root', 'busybox', 'tar', 'runc')

withRuntime(
  'escape sequences in what a RUN prints, in its words and in the history do not reach the terminal',
  async (t) => {
    const space = await makeWorkspace(t, { base: true })
    const print = `printf '\\033]0;owned\\007\\033[2Jtext\\r\\033[1Aover\\233x\\n\\033[31mno end'`
    const lines = [
      'FROM busybox',
      `RUN ${print}; : '${evil}'`,
      `LABEL a="${evil}"`,
      `RUN ["sh", "-c", "${print.replaceAll('\\', '\\\\')}; exit 4"]`,
    ]
    const context = space.write('context', { Dockerfile: lines.join('\n') })
    const failed = await space.ibuild(['--progress', 'plain', context])
    t.is(failed.code, 1)
    t.regex(failed.stderr, /over/)
    t.regex(failed.stderr, /exit code 4[^\n]*\nlast output:\n(?: .*\n)* {2}no end/)
    t.notRegex(failed.stderr, control)

    space.write('context', { Dockerfile: lines.slice(0, 3).join('\n') })
    await space.ok(['-t', 'evil', context])
    for (const args of [
      ['history', 'evil'],
      ['history', '--no-trunc', 'evil'],
      ['images'],
      ['inspect', 'evil'],
      ['history', '--json', 'evil'],
    ]) {
      const { stdout, stderr } = await space.ok(args)
      t.notRegex(stdout, control, args.join(' '))
      t.notRegex(stderr, control, args.join(' '))
    }
  },
)
